import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { projectDir } from './project.mjs'
import { environment } from './run.mjs'
import { countTests, filesToRepeat, withRepeated } from './tally.mjs'

const END_WITHIN_MS = 60_000

/**
 * Runs some of vitest's projects, on this terminal. Where few files failed they run once more, by themselves: on a machine with more to do
 * than it can, that tells a fault from a wait that was too short. What passes only then is said.
 */
export async function runTests({ name, projects }) {
  const args = projects.flatMap(project => ['--project', project])
  process.stdout.write(`\n${name}\n`)
  const first = await runVitest(name, args)
  const files = filesToRepeat(first)
  if (files.length === 0)
    return countTests(first)
  process.stdout.write(`\n${name}: what failed, once more and by itself\n`)
  return countTests(withRepeated(first, await runVitest(`${name} again`, [...args, '--maxWorkers', '1', ...files])))
}

/**
 * A process that a test left behind keeps vitest waiting for ever on its pipe: that is a failure, and said.
 * @returns {Promise<{ report: import('./test-report.mjs').TestReport | null, exitCode: number | null }>} how it went
 */
function runVitest(name, args) {
  const path = join(projectDir, 'node_modules/.cache/agentos', `${name.replaceAll(' ', '-')}.json`)
  rmSync(path, { force: true })
  return new Promise((resolve) => {
    const vitest = join(projectDir, 'node_modules/vitest/vitest.mjs')
    const child = spawn(process.execPath, [vitest, 'run', '--reporter', 'default', '--reporter', join(projectDir, 'scripts/test-report.mjs'), ...args], {
      cwd: projectDir,
      env: { ...environment(), AGENTOS_TEST_REPORT: path, ...process.stdout.isTTY ? {} : { NO_COLOR: '1' } },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    let reportedAt = 0
    const watch = setInterval(() => {
      if (reportedAt === 0 && existsSync(path))
        reportedAt = Date.now()
      if (reportedAt > 0 && Date.now() - reportedAt > END_WITHIN_MS) {
        process.stdout.write('The tests have reported, but do not end: one of them left a process behind.\n')
        child.kill('SIGKILL')
      }
    }, 1000)
    const finish = (exitCode) => {
      clearInterval(watch)
      resolve({ report: readReport(path), exitCode })
    }
    child.once('error', () => finish(null))
    child.once('exit', finish)
  })
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  }
  catch {
    return null
  }
}
