import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { prepare } from './prepare.mjs'
import { projectDir } from './project.mjs'
import { progress, tell } from './report.mjs'
import { runTests } from './run-tests.mjs'
import { capture } from './run.mjs'
import { closingLine, table } from './tally.mjs'

const CACHE = 'node_modules/.cache/agentos'
const tool = (path, ...args) => [join(projectDir, 'node_modules', path), ...args]
function types(name, tsc = 'node_modules/typescript/bin/tsc') {
  return {
    name: `types: ${name}`,
    hint: `node ${tsc} -p ${name}`,
    args: [join(projectDir, tsc), '-p', name, '--noEmit', '--incremental', '--tsBuildInfoFile', join(projectDir, CACHE, `${name}.tsbuildinfo`)],
  }
}

/** Each counts as one: it passes as a whole or fails with its own words. */
const CHECKS = [
  {
    name: 'format and lint',
    hint: 'npx eslint . --fix mends what is format alone',
    args: tool('eslint/bin/eslint.js', '.', '--max-warnings', '0', '--cache', '--cache-strategy', 'content', '--cache-location', `${CACHE}/eslint`),
  },
  types('server'),
  types('client'),
  types('bench'),
  types('web', 'web/node_modules/vue-tsc/bin/vue-tsc.js'),
  {
    name: 'boundaries',
    args: tool('dependency-cruiser/bin/dependency-cruiser.mjs', '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', 'server', 'web', 'client', 'bench', 'scripts', 'bin'),
  },
  { name: 'models and migrations', args: ['server/src/store/develop/check-migrations.ts'] },
  { name: 'dead code', args: tool('knip/bin/knip.js', '--no-progress') },
]

const TESTS = [
  { name: 'tests', projects: ['scripts', 'server', 'client', 'web'] },
  { name: 'tests in a browser', projects: ['e2e'], inBrowser: true },
]

/** `npm test` and `npm run check`: every stage runs, whatever failed before it; the last line says how it went. */
export async function main({ command }) {
  const results = [await timed('set-up', setUp)]
  if (results[0].failed === 0) {
    mkdirSync(join(projectDir, CACHE), { recursive: true })
    for (const check of CHECKS)
      results.push(await timed(check.name, () => runCheck(check)))
    for (const stage of TESTS) {
      if (!stage.inBrowser || command === 'test')
        results.push(await timed(stage.name, () => runTests(stage)))
    }
  }
  process.stdout.write(`\n${table(results)}\n${closingLine(results)}\n`)
  process.exitCode = results.some(result => result.failed > 0) ? 1 : 0
}

async function timed(name, work) {
  const startedAt = Date.now()
  const result = await work()
  return { name, skipped: 0, ...result, durationMs: Date.now() - startedAt }
}

async function setUp() {
  try {
    await prepare()
    return { passed: 1, failed: 0 }
  }
  catch (problem) {
    tell(problem)
    return { passed: 0, failed: 1 }
  }
}

async function runCheck({ name, args, hint }) {
  const { code, signal, output, error } = await progress(name, () => capture(process.execPath, args))
  if (code === 0)
    return { passed: 1, failed: 0 }
  process.stdout.write(`\n${output.trimEnd()}\n${name} failed: ${error?.message ?? signal ?? `exit code ${code}`}${hint ? `; ${hint}` : ''}\n\n`)
  return { passed: 0, failed: 1 }
}
