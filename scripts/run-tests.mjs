import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { projectDir } from './project.mjs'
import { environment } from './run.mjs'
import { countTests } from './tally.mjs'

/** Runs some of vitest's projects, on this terminal; the counts come from its report. */
export async function runTests({ name, projects }) {
  const report = join(projectDir, 'node_modules/.cache/agentos', `${name.replaceAll(' ', '-')}.json`)
  rmSync(report, { force: true })
  process.stdout.write(`\n${name}\n`)
  const exitCode = await runVitest([
    'run',
    ...projects.flatMap(project => ['--project', project]),
    ...['--reporter', 'default', '--reporter', 'json', `--outputFile.json=${report}`],
  ])
  return countTests(readReport(report), exitCode)
}

function runVitest(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(projectDir, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: projectDir,
      env: { ...environment(), ...process.stdout.isTTY ? {} : { NO_COLOR: '1' } },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', () => resolve(null))
    child.once('exit', code => resolve(code))
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
