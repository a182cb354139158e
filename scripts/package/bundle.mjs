import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { join } from 'node:path'
import { projectDir, runtimeDir } from '../project.mjs'
import { Problem } from '../report.mjs'
import { noticesOf } from './notices.mjs'

/** Stays a package of its own: it is native code, with a prebuilt file for each platform. */
export const EXTERNAL = ['better-sqlite3']

/** pg takes it when it is there; we never install it. */
const OPTIONAL = ['pg-native']

const SOURCE = join(projectDir, 'server/src')
const DIST = join(projectDir, 'server/dist')

/**
 * The programs of the package, with all their packages in them: the command line, which is the server too, in pieces that are
 * loaded when they are asked for; and the executor in one file, which shares nothing with the server but what its own imports give it. A
 * scheduled backup has a process and a file of its own too.
 */
const PROGRAMS = [
  { name: 'agentos', entry: 'cli/main.ts', output: { chunkFileNames: '[name]-[hash].js' } },
  { name: 'executor', entry: 'executor/main.ts', output: { codeSplitting: false } },
  { name: 'backup', entry: 'backup/process.ts', output: { codeSplitting: false } },
]

/** Of a build, so that the next one knows which pieces were its own. */
const PIECES = 'pieces.json'

/**
 * Built aside and put in place at once. The pieces of the build before stay beside it: a server that runs loads some of its own only when
 * it needs them. A package has none to keep.
 */
export async function bundleServer({ keepsPieces = false, dist = DIST } = {}) {
  const built = join(runtimeDir, 'server-built')
  const old = join(runtimeDir, 'server-old')
  for (const folder of [built, old])
    rmSync(folder, { recursive: true, force: true })
  mkdirSync(built, { recursive: true })
  const chunks = []
  for (const program of PROGRAMS)
    chunks.push(...await bundle(program, built))
  copyWhatIsRead(built)
  writeFileSync(join(built, 'THIRD-PARTY-NOTICES.md'), noticesOf(chunks.flatMap(chunk => chunk.moduleIds)))
  if (keepsPieces)
    keepPieces(dist, built, chunks.map(({ fileName }) => fileName))
  if (existsSync(dist))
    renameSync(dist, old)
  renameSync(built, dist)
  rmSync(old, { recursive: true, force: true })
}

function keepPieces(dist, built, pieces) {
  for (const piece of piecesOf(dist)) {
    if (!existsSync(join(built, piece)))
      linkSync(join(dist, piece), join(built, piece))
  }
  writeFileSync(join(built, PIECES), JSON.stringify(pieces))
}

function piecesOf(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, PIECES), 'utf8'))
  }
  catch {
    return [] // the first build, or a package's
  }
}

async function bundle({ name, entry, output }, folder) {
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input: { [name]: join(SOURCE, entry) },
    platform: 'node',
    external: [...EXTERNAL, ...OPTIONAL],
    tsconfig: join(projectDir, 'server/tsconfig.json'),
    onLog: (level, log) => {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT')
        throw new Problem(log.message, 'add it to the dependencies of server/, or to the optional ones in scripts/package/bundle.mjs')
    },
  })
  const { output: written } = await build.write({ dir: folder, format: 'esm', entryFileNames: '[name].js', minify: 'dce-only', ...output })
  await build.close()
  const chunks = written.filter(({ type }) => type === 'chunk')
  refuseStrangers(chunks)
  return chunks
}

/** What a bundle still imports must be there in an empty folder: Node's own, its other pieces, the package's dependencies. */
function refuseStrangers(chunks) {
  const own = new Set([...chunks.map(chunk => chunk.fileName), ...builtinModules, ...EXTERNAL, ...OPTIONAL])
  for (const { fileName, imports, dynamicImports } of chunks) {
    const stranger = [...imports, ...dynamicImports].find(name => !name.startsWith('node:') && !own.has(name))
    if (stranger)
      throw new Problem(`${fileName} imports ${stranger}, which would not be there in an installed package`, 'bundle it, or name it in EXTERNAL of scripts/package/bundle.mjs')
  }
}

/** Files that are read, not imported (server/src/program-files.ts knows where). */
function copyWhatIsRead(folder) {
  const engine = createRequire(join(SOURCE, 'main.ts')).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  copyFileSync(engine, join(folder, 'schema_engine_bg.js'))
  copyFileSync(engine.replace(/\.js$/, '.wasm'), join(folder, 'schema_engine_bg.wasm'))
  copyFileSync(join(SOURCE, 'executor/sandbox/relay.mjs'), join(folder, 'relay.mjs'))
}
