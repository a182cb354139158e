import type { ServerProcess } from './process-harness.ts'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { processesOf, runCommand, startServerProcess } from './process-harness.ts'

let server: ServerProcess
let work: string

beforeAll(async () => {
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-cli-test-')), { isShared: true })
  work = await mkdtemp(join(tmpdir(), 'agentos-cli-work-'))
})

afterAll(async () => {
  await server.stop()
  await rm(server.dataDir, { recursive: true, force: true })
  await rm(work, { recursive: true, force: true })
})

it('shows each step and what it printed as plain lines in a pipe, and exits 0', async () => {
  const manifest = await writeManifest(work, 'plain', 'echo "for $AGENTOS_TASK"')
  const { code, stdout, stderr } = await agentos(['run', manifest, '-t', 'the task'], server)
  expect(stderr).toBe('')
  // The sandbox may be there before the step that needs it is told of.
  expect(stdout.replace(/isolation: process .+\n/, '')).toMatch(/^plain v1 {2}\w{10} {2}http:\/\/127.0.0.1:\d+\/runs\/\w{20}\nthe task\n● 1 work\n {2}│ for the task\n✓ 1 \d.\d s\n✓ succeeded in \d.\d s · 1 step · nothing of it still runs\n$/)
  expect(code).toBe(0)
})

it('prints each stored event as one JSON line, the last with id, exit code and cost', async () => {
  const manifest = await writeManifest(work, 'as-json', 'echo hello')
  const ended = await agentos(['run', manifest, '--json'], server)
  const events = jsonLines(ended)
  expect(events.map(event => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events[0]?.type).toBe('run.submitted')
  // In one piece or two: an ending that may be the beginning of a secret waits a moment by itself.
  expect(events.filter(event => event.type === 'step.output').map(event => event.data.text).join('')).toBe('hello\n')
  expect(events.at(-1)).toMatchObject({
    type: 'run.ended',
    data: { runId: expect.stringMatching(/^[0-9a-z]{20}$/), status: 'succeeded', reason: 'completed', exitCode: 0, costUsd: null },
  })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
})

it.each([
  ['a step that fails', 'exit 3', [], 1, 'error'],
  ['a run over its time', 'sleep 60', ['--timeout', '0.4s'], 124, 'timeout'],
  ['a command that may not be run', 'exit 126', [], 126, 'not_permitted'],
  ['a command that is not there', 'no-such-command', [], 127, 'not_found'],
])('exits as documented after %s', async (title, command, options, exitCode, reason) => {
  const manifest = await writeManifest(work, title.replaceAll(' ', '-'), command)
  const ended = await agentos(['run', manifest, '--json', ...options], server)
  expect(jsonLines(ended).at(-1)?.data).toMatchObject({ reason, exitCode })
  expect(ended.code).toBe(exitCode)
})

it('lists every place that was searched for an agent that is nowhere, and exits 127', async () => {
  const { code, stdout, stderr } = await agentos(['run', 'nobody-knows'], server, { cwd: work })
  const project = join(import.meta.dirname, '../..')
  expect(stderr.split('\n').slice(1, -2)).toEqual([
    'the agents that the server knows',
    join(work, 'nobody-knows'),
    ...[work, server.dataDir, project, join(project, 'agents'), join(project, 'examples')]
      .flatMap(folder => [join(folder, 'nobody-knows.yaml'), join(folder, 'nobody-knows.yml')]),
  ].map(place => `  ${place}`))
  expect({ code, stdout }).toEqual({ code: 127, stdout: '' })
})

it('says the same of a path, of any length', async () => {
  const path = `./${'long/'.repeat(60)}agent.yaml`
  const { code, stderr } = await agentos(['run', path], server, { cwd: work })
  expect(stderr).toContain(`searched:\n  ${join(work, path)}\n`)
  expect(stderr).not.toContain('the agents that the server knows')
  expect(code).toBe(127)
})

it('says what is wrong with a manifest, by file, line and column', async () => {
  const path = join(work, 'broken.yaml')
  await writeFile(path, 'name: broken\nsteps:\n  - name: a\n    run: echo\n    timeout: soon\ncolour: red\n')
  const { code, stderr } = await agentos(['run', path], server)
  expect(stderr).toContain(`${path}:5:14 steps[0].timeout\n    expected a duration`)
  expect(stderr).toContain(`${path}:6:1 colour\n    expected a known key\n    received colour\n`)
  expect(code).toBe(1)
})

it('runs a file beside the person rather than an agent whose name merely begins so, and the agent where there is none', async () => {
  await writeManifest(work, 'disk', 'echo this is mine')
  const beside = await agentos(['run', 'disk'], server, { cwd: work })
  expect(beside.stdout).toContain('│ this is mine')
  const none = await agentos(['run', 'csv-s', '--json'], server, { cwd: work })
  expect(jsonLines(none)[0]?.data.agent).toBe('csv-summary')
})

it('works on the folder that is given, which has to be within the roots', async () => {
  const repository = await mkdtemp(join(work, 'repository-'))
  execFileSync('sh', ['-c', 'git init -q -b trunk && git -c user.name=A -c user.email=a@b commit -q --allow-empty -m "the first one"'], { cwd: repository })
  const inside = await agentos(['run', 'repo-report', '--workspace', '.'], server, { cwd: repository })
  expect(inside.stdout).toMatch(/branch +trunk/)
  expect(inside.code).toBe(0)
  const outside = await agentos(['run', 'repo-report', '--workspace', '/usr'], server)
  expect(outside.stderr).toMatch(/outside the folders that runs may start from.+AGENTOS_WORKSPACE_ROOTS/)
  expect(outside.code).toBe(1)
})

it.each([
  ['--timeout', ['--timeout', 'soon'], /--timeout: expected a duration such as 90s, .+ but got "soon"/],
  ['--timeout', ['--timeout', '60d'], /--timeout: expected .+ at most 30d, but got "60d"/],
  ['--input', ['--input', 'days'], /--input: expected name=value, but got "days"/],
  ['a number', ['--input', 'days=many'], /input days: expected a number, received "many"/],
  ['a name', ['--input', 'nights=3'], /input nights: repo-report has no such input/],
  ['a folder', ['--workspace', './none'], /--workspace: there is no folder .+none/],
  ['options', ['--fast'], /unknown option '--fast'/],
])('refuses what is wrong with %s before anything runs', async (_, options, message) => {
  const { code, stdout, stderr } = await agentos(['run', 'repo-report', ...options], server, { cwd: work })
  expect(stderr).toMatch(message)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

it('detaches with the id as JSON; the run goes on, and its log can be followed live to the end', async () => {
  const manifest = await writeManifest(work, 'detached', 'echo begun\nwhile [ ! -e "$HOME/go" ]; do sleep 0.1; echo tick; done')
  const { code, stdout } = await agentos(['run', manifest, '--detach', '--json', '--timeout', '30s'], server)
  expect(code).toBe(0)
  const { runId } = JSON.parse(stdout) as { runId: string }

  const logs = runCommand(['logs', '-f', 'detached'], server.dataDir)
  const seen = (await logs.says(/tick\n/)).split('tick').length
  await logs.says(new RegExp(`(?:tick[^t]*){${seen + 3}}`))
  const stop = await agentos(['stop', runId.slice(0, 8)], server)
  expect(stop.stdout).toBe(`⊘ cancelled detached ${runId.slice(0, 10)}\n`)
  expect(await logs.exited).toEqual([0, null])
  expect(logs.stdout()).toMatch(/stop requested by owner\n[\s\S]+⊘ cancelled in .+ · Stopped on request\. · 1 step · nothing of it still runs\n$/)
})

it.each(['SIGINT', 'SIGTERM'] as const)('stops the run at once on %s in a pipe, exits 130 and leaves nothing alive', async (signal) => {
  const mark = `300.${Date.now() % 1_000_000}`
  const manifest = await writeManifest(work, `stopped-by-${signal.toLowerCase()}`, `echo begun; (setsid sleep ${mark} &); sleep ${mark}`)
  const command = runCommand(['run', manifest], server.dataDir)
  await command.says(/begun/)
  command.child.kill(signal)
  expect(await command.exited).toEqual([130, null])
  expect(command.stdout()).toContain('⊘ cancelled')
  expect(await processesOf(mark)).toEqual([])
})

it('leaves a run at the server alone when its reader goes away', async () => {
  const manifest = await writeManifest(work, 'unread', 'for i in $(seq 8); do echo $i; sleep 0.1; done')
  const command = runCommand(['run', manifest], server.dataDir)
  command.child.stdout!.once('data', () => command.child.stdout!.destroy())
  expect(await command.exited).toEqual([0, null])
  expect(command.stderr()).toBe('')
  const logs = await agentos(['logs', '-f', 'unread'], server)
  expect(logs.stdout).toContain('│ 8\n')
  expect(logs.stdout).toContain('✓ succeeded')
})
