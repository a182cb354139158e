import type { Manifest } from './manifest.ts'
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { evaluateCondition } from '../condition.ts'
import { inputEnvironment, resolveInputs } from './inputs.ts'
import { notYet } from './not-yet.ts'
import { parseManifest } from './parse.ts'

const agentsDir = fileURLToPath(new URL('../../../../agents', import.meta.url))
const agents = readdirSync(agentsDir).filter(name => name.endsWith('.yaml')).map((file) => {
  const source = readFileSync(join(agentsDir, file), 'utf8')
  const parsed = parseManifest(source, { file })
  if (!parsed.ok)
    throw new Error(JSON.stringify(parsed.problems))
  return { file, source, ...parsed }
})
const scripts = agents.filter(({ manifest }) => manifest.runtime === 'script').map(({ manifest }) => manifest)
const shells = ['/bin/sh', '/bin/bash'].filter(path => existsSync(path))
const room = mkdtempSync(join(tmpdir(), 'agents-'))
afterAll(() => rmSync(room, { recursive: true, force: true }))

it('six agents need no key and two need a model', () => {
  expect(scripts.length).toBeGreaterThanOrEqual(6)
  expect(agents.filter(({ manifest }) => manifest.runtime === 'llm').length).toBeGreaterThanOrEqual(2)
})

it.each(agents)('$file may run, is named as its file, and says what it does', ({ file, source, manifest, notices }) => {
  expect(source.split('\n', 1)[0]).toBe('# yaml-language-server: $schema=./schema.json')
  expect(file).toBe(`${manifest.name}.yaml`)
  expect(notices).toEqual([])
  expect(notYet(manifest)).toBeNull()
  expect(manifest.description.length).toBeGreaterThan(40)
  expect(resolveInputs(manifest, {})).toMatchObject({ ok: true })
})

it('agents of other people are walled in, and say which package has to be installed', () => {
  const others = agents.filter(({ manifest }) => manifest.agent !== null)
  expect(others.map(({ manifest }) => manifest.name)).toEqual(['claude-code', 'codex', 'gemini-cli', 'opencode'])
  for (const { source, manifest } of others) {
    const [program] = manifest.programs.filter(name => name !== 'node')
    expect(manifest).toMatchObject({ isolation: 'sandbox', network: 'none', model: [expect.stringMatching(/\/\*$/)] })
    expect(JSON.stringify([manifest.agent?.command, manifest.agent?.args])).toContain(program)
    expect(source).toMatch(/^# To be installed once, on the server: npm install --prefix <programs folder> \S+$/m)
  }
})

describe.each(shells)('with %s', (shell) => {
  it.each(scripts)('$name says something sensible about an empty folder', async (manifest) => {
    const folder = mkdtempSync(join(room, 'empty-'))
    for (const step of await runSteps(manifest, shell, folder, short(manifest))) {
      expect(step.stdout, step.name).toMatch(/\S/)
    }
  })

  it.each(scripts)('$name gets by with names that are hard to read', async (manifest) => {
    const folder = mkdtempSync(join(room, 'hard-'))
    for (const name of ['with space.log', '-dash.csv', 'quote\'s "double".log', 'ümläut.csv', '$HOME.txt', '*.csv', 'a\tb.log', 'percent%s.log'])
      writeFileSync(join(folder, name), 'a,b\n1,2\n2026-01-01T10:00:00Z ERROR it broke %s\n')
    mkdirSync(join(folder, 'deep er/still'), { recursive: true })
    writeFileSync(join(folder, 'deep er/still/binary.log'), Buffer.from([0, 255, 254, 10, 0, 1, 2, 10]))
    await runSteps(manifest, shell, folder, short(manifest))
  })

  it('repo-report tells the history of a repository', async () => {
    const folder = mkdtempSync(join(room, 'repo-'))
    const git = (...args: string[]) => execFileSync('git', ['-C', folder, '-c', 'user.name=Test Author', '-c', 'user.email=test@example.com', ...args])
    git('init', '-q', '-b', 'trunk')
    writeFileSync(join(folder, 'app.ts'), '// TODO: more\nexport const a = 1\n')
    writeFileSync(join(folder, 'README.md'), '# App\n')
    git('add', '.')
    git('commit', '-qm', 'begin')
    writeFileSync(join(folder, 'app.ts'), '// TODO: more\nexport const a = 2\nexport const b = 3\n')
    git('commit', '-qam', 'go on')
    const steps = await runSteps(script('repo-report'), shell, folder)
    const said = Object.fromEntries(steps.map(step => [step.name, step.stdout]))
    expect(said['find the history']).toMatch(/branch +trunk/)
    expect(said['find the history']).toMatch(/commits +2/)
    expect(said['who works on it']).toMatch(/2 +100% +Test Author/)
    expect(said['what changes most']).toMatch(/2 +4 +1 +app\.ts/)
    expect(said.languages).toMatch(/TypeScript +1 +3 +75\.0%/)
    expect(said['loose ends']).toMatch(/TODO +1\n\napp\.ts:1:/)
    expect(said['what a newcomer finds']).toMatch(/readme +yes +README\.md/)
  })

  it('repo-report reports on the files where there is no history', async () => {
    const folder = mkdtempSync(join(room, 'plain-'))
    writeFileSync(join(folder, 'app.py'), 'print(1)\n')
    const steps = await runSteps(script('repo-report'), shell, folder)
    expect(steps.map(({ name, exitCode }) => [name, exitCode])).toEqual([
      ['find the history', 1],
      ['languages', 0],
      ['biggest files', 0],
      ['loose ends', 0],
      ['what a newcomer finds', 0],
    ])
    expect(steps[1]?.stdout).toMatch(/Python +1 +1 +100\.0%/)
  })

  it('csv-summary reads quotes, gaps and line breaks within a field', async () => {
    const folder = mkdtempSync(join(room, 'csv-'))
    writeFileSync(join(folder, 'a.csv'), 'n,when,word\r\n1,2026-01-01,"a, ""b"""\r\n2.5,2026-01-03,"two\nlines"\r\n,2026-01-02,x\r\n3,2026-01-02\r\n')
    const [read, columns, , odd] = await runSteps(script('csv-summary'), shell, folder)
    expect(read?.stdout).toMatch(/4 rows +3 columns +a\.csv/)
    expect(columns?.stdout).toMatch(/n +number +3 +1 +3 +1 +3 +2\.17/)
    expect(columns?.stdout).toMatch(/when +date +4 +0 +3 +2026-01-01 +2026-01-03/)
    expect(columns?.stdout).toMatch(/word +text +3 +1 +3 +a, "b" +x/)
    expect(odd?.stdout).toMatch(/a\.csv: 1 rows with another number of fields, 0 that repeat/)
  })

  it('log-triage puts lines that differ in numbers and ids into one group', async () => {
    const folder = mkdtempSync(join(room, 'log-'))
    const lines = [1, 2, 3].map(n => `2026-01-0${n}T10:00:00Z ERROR request ${n}${n}-4a-5b-6c timed out after ${n * 100} ms`)
    writeFileSync(join(folder, 'a.log'), `${lines.join('\n')}\n2026-01-04T11:00:00Z INFO fine\n`)
    const steps = await runSteps(script('log-triage'), shell, folder)
    expect(steps.find(step => step.name === 'group the errors')?.stdout).toMatch(/3 × {2}ERROR request <id> timed out after N ms[\s\S]*3 lines in 1 groups/)
  })

  it('dependency-audit finds what is loose, doubled and locked', async () => {
    const folder = mkdtempSync(join(room, 'deps-'))
    mkdirSync(join(folder, 'sub'))
    mkdirSync(join(folder, 'node_modules/one'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/one/package.json'), '{ "name": "one", "license": "MIT" }')
    writeFileSync(join(folder, 'package.json'), '{"name":"x","scripts":{"test":"dependencies"},"dependencies":{"one":"1.0.0","two":"*"},"devDependencies":{"three":"^3.0.0"}}')
    writeFileSync(join(folder, 'sub/package.json'), '{\n  "name": "sub",\n  "dependencies": {\n    "one": "2.0.0"\n  }\n}\n')
    writeFileSync(join(folder, 'requirements.txt'), '# top\nrequests==2.0\nflask>=1 # web\n')
    writeFileSync(join(folder, 'package-lock.json'), '{\n  "packages": {\n    "node_modules/one": {\n      "version": "1.0.0"\n    },\n    "node_modules/two/node_modules/one": {\n      "version": "2.0.0"\n    }\n  }\n}\n')
    const said = (await runSteps(script('dependency-audit'), shell, folder)).map(step => step.stdout)
    expect(said[1]).toMatch(/4 declared, 3 different packages/)
    expect(said[2]).toMatch(/two +\* +package\.json/)
    expect(said[2]).toMatch(/requirements\.txt: 2 declared, 1 exact \(==\), 1 loose\n {2}flask>=1/)
    expect(said[3]).toMatch(/one +1\.0\.0, 2\.0\.0/)
    expect(said[4]).toMatch(/package-lock\.json: 2 packages, 1 of them in more than one version/)
    expect(said[5]).toMatch(/1 +MIT/)
  })

  it('watch-folder tells what changed while it looked', async () => {
    const folder = mkdtempSync(join(room, 'watch-'))
    writeFileSync(join(folder, 'stays'), 'a')
    writeFileSync(join(folder, 'goes'), 'b')
    const steps = await runSteps(script('watch-folder'), shell, folder, { seconds: 6, every: 1 }, (name, text) => {
      if (name === 'watch' && text.includes('all as before') && existsSync(join(folder, 'goes'))) {
        rmSync(join(folder, 'goes'))
        writeFileSync(join(folder, 'comes'), 'c')
        writeFileSync(join(folder, 'stays'), 'changed')
      }
    })
    const watched = steps.find(step => step.name === 'watch')?.stdout ?? ''
    for (const change of [/gone +goes/, /new +comes/, /changed +stays/])
      expect(watched).toMatch(change)
  })

  it('the sample data has something to find', async () => {
    const folder = mkdtempSync(join(room, 'samples-'))
    cpSync(join(agentsDir, 'samples'), folder, { recursive: true })
    const triage = await runSteps(script('log-triage'), shell, folder)
    expect(triage.find(step => step.name === 'group the errors')?.stdout).toMatch(/124 × {2}ERROR pool connection/)
    const summary = await runSteps(script('csv-summary'), shell, folder)
    expect(summary.find(step => step.name === 'odd rows')?.stdout).toMatch(/orders\.csv: 1 rows with another number of fields, 1 that repeat/)
  })
})

type Watch = (step: string, stdout: string) => void

interface StepSaid { name: string, exitCode: number | null, stdout: string }

/** Runs the steps as the executor does: sh -c in the workspace, with the inputs in an environment made from nothing. */
async function runSteps(manifest: Manifest, shell: string, folder: string, given: Record<string, unknown> = {}, watch: Watch = () => {}): Promise<StepSaid[]> {
  const resolved = resolveInputs(manifest, given)
  if (!resolved.ok)
    throw new Error(resolved.problems.join())
  const home = mkdtempSync(join(room, 'home-'))
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', ...inputEnvironment('', resolved.inputs) }
  const context: Record<string, { exitCode: number | null, status: string }> = {}
  const said: StepSaid[] = []
  for (const step of manifest.steps) {
    const condition = step.if === null ? { ok: true, value: true } as const : evaluateCondition(step.if, { steps: context, inputs: resolved.inputs, task: '' })
    expect(condition, step.name).toMatchObject({ ok: true })
    if (condition.ok && !condition.value)
      continue
    const { exitCode, stdout, stderr } = await runShell(shell, step.run, folder, env, text => watch(step.name, text))
    expect(stderr, `${manifest.name}: ${step.name}`).toBe('')
    expect(exitCode === 0 || step.continueOnError, `${manifest.name}: ${step.name} exited ${exitCode}: ${stdout}`).toBe(true)
    context[step.name] = { exitCode, status: exitCode === 0 ? 'succeeded' : 'failed' }
    said.push({ name: step.name, exitCode, stdout })
  }
  return said
}

function runShell(shell: string, command: string, cwd: string, env: Record<string, string>, onText: (stdout: string) => void) {
  return new Promise<{ exitCode: number | null, stdout: string, stderr: string }>((resolve, reject) => {
    const child = spawn(shell, ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      onText(stdout)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr += text)
    child.on('error', reject)
    child.on('close', exitCode => resolve({ exitCode, stdout, stderr }))
  })
}

function script(name: string): Manifest {
  const found = scripts.find(manifest => manifest.name === name)
  if (!found)
    throw new Error(`agents/${name}.yaml is missing`)
  return found
}

/** A look at a folder that does not change need not last a minute. */
function short(manifest: Manifest): Record<string, unknown> {
  return 'seconds' in manifest.inputs ? { seconds: 1, every: 1 } : {}
}
