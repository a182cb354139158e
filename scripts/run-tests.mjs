import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { projectDir } from './project.mjs'
import { environment } from './run.mjs'
import { countTests } from './tally.mjs'

const END_WITHIN_MS = 60_000

/** Runs some of vitest's projects, on this terminal; the counts come from its report. */
export async function runTests({ name, projects }) {
  const report = join(projectDir, 'node_modules/.cache/agentos', `${name.replaceAll(' ', '-')}.json`)
  rmSync(report, { force: true })
  process.stdout.write(`\n${name}\n`)
  const exitCode = await runVitest([
    'run',
    ...projects.flatMap(project => ['--project', project]),
    ...['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`],
  ], report)
  return countTests(readReport(report), exitCode)
}

/** A process that a test left behind keeps vitest waiting for ever on its pipe: that is a failure, and said. */
function runVitest(args, report) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(projectDir, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: projectDir,
      env: { ...environment(), ...process.stdout.isTTY ? {} : { NO_COLOR: '1' } },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    let reportedAt = 0
    const watch = setInterval(() => {
      if (reportedAt === 0 && existsSync(report))
        reportedAt = Date.now()
      if (reportedAt > 0 && Date.now() - reportedAt > END_WITHIN_MS) {
        process.stdout.write('The tests have reported, but do not end: one of them left a process behind.\n')
        child.kill('SIGKILL')
      }
    }, 1000)
    const finish = (code) => {
      clearInterval(watch)
      resolve(code)
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
