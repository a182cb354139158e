import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isFresh, markFresh } from './fresh.mjs'
import { withLock } from './lock.mjs'
import { runNpx } from './npm.mjs'
import { layOwnCommand } from './own-command.mjs'
import { putLeftOverBack } from './package/kept-manifest.mjs'
import { PNPM, projectDir, runtimeDir } from './project.mjs'
import { Problem, progress } from './report.mjs'
import { causeOf, run } from './run.mjs'

const PACKAGE_FILES = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...['server', 'web', 'client', 'bench'].map(name => `${name}/package.json`)]
const PLATFORM = `${process.platform}-${process.arch}`
const PROVIDERS = ['sqlite', 'postgresql']
const isShipped = path => !/\.test\.m?[jt]s$|^(?:server|web|client)\/(?:e2e|test)\//.test(path)

/** What a checkout needs before it runs, in order. Each is skipped while it is fresh. */
const STEPS = {
  packages: {
    made: { stamp: 'node_modules/.cache/agentos/packages.json', sources: PACKAGE_FILES, extra: PLATFORM },
    outputs: ['node_modules/.bin/agentos', 'server/node_modules', 'web/node_modules', 'client/node_modules'],
    title: 'Installing packages',
    work: installPackages,
  },
  database: {
    made: { stamp: 'node_modules/.cache/agentos/database.json', sources: ['prisma/models', ...PROVIDERS.map(name => `prisma/${name}/schema.prisma`), 'server/src/store/develop/generate.ts', 'pnpm-lock.yaml'] },
    outputs: PROVIDERS.map(name => `server/src/store/generated/${name}/client.ts`),
    title: 'Generating the database clients',
    work: generateClients,
  },
  program: {
    made: {
      stamp: 'node_modules/.cache/agentos/program.json',
      sources: ['server', 'client', 'prisma', 'scripts/package', 'package.json', 'pnpm-lock.yaml'],
      isSource: isShipped,
    },
    outputs: ['server/dist/agentos.js', 'server/dist/pieces.json'], // a package, made here meanwhile, has no pieces.json
    title: 'Bundling the program',
    work: bundleProgram,
  },
  web: {
    made: {
      stamp: 'node_modules/.cache/agentos/web.json',
      sources: ['web', 'server/src/domain', 'pnpm-lock.yaml'],
      isSource: isShipped,
    },
    outputs: ['web/dist/index.html'],
    title: 'Building the pages',
    work: buildPages,
  },
}

/**
 * Brings everything up to date that the named steps need.
 * @param {('packages' | 'database' | 'program' | 'web')[]} names
 */
export async function prepare(names = Object.keys(STEPS)) {
  putLeftOverBack()
  const stale = () => names.map(name => STEPS[name]).filter(step => !isDone(step))
  if (stale().length === 0)
    return
  await withLock(async () => {
    // Asked again step by step: another process may have done it meanwhile, and packages decide over what follows.
    for (const name of names) {
      const step = STEPS[name]
      if (isDone(step))
        continue
      try {
        await progress(step.title, step.work)
        markFresh(step.made)
      }
      catch (error) {
        throw error instanceof Problem ? error : new Problem(`${step.title} failed (${error.message})`, causeOf(error))
      }
    }
  })
}

export async function main() {
  await prepare()
}

function isDone({ made, outputs }) {
  return outputs.every(path => existsSync(join(projectDir, path))) && isFresh(made)
}

async function installPackages() {
  // CI: it must never stop to ask, whether to clear a folder for example.
  await runNpx('installing packages', [PNPM, 'install', '--frozen-lockfile'], { env: { CI: 'true' } })
  layOwnCommand()
}

async function generateClients() {
  await run('generating the database clients', process.execPath, ['server/src/store/develop/generate.ts'])
}

/** Of a thousand modules a few: half a second less at each start. */
async function bundleProgram() {
  const { bundleServer } = await import('./package/bundle.mjs')
  await bundleServer({ keepsPieces: true })
}

/** Built aside and put in place at once, so that a running server never serves half of it. */
async function buildPages() {
  const built = join(runtimeDir, 'web-built')
  const dist = join(projectDir, 'web/dist')
  const old = join(runtimeDir, 'web-old')
  mkdirSync(runtimeDir, { recursive: true })
  await run('building the pages', process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--outDir', built, '--emptyOutDir', '--logLevel', 'warn'], { cwd: join(projectDir, 'web') })
  rmSync(old, { recursive: true, force: true })
  if (existsSync(dist))
    renameSync(dist, old)
  renameSync(built, dist)
  rmSync(old, { recursive: true, force: true })
}
