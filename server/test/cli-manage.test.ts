import type { ServerProcess } from './process-harness.ts'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { COMMAND_LINE, runCommand, spawnProcess, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

let server: ServerProcess

beforeAll(async () => {
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-cli-test-')), { isShared: true })
  const [good, bad, endless] = await Promise.all([
    writeManifest(server.dataDir, 'good', 'for i in 1 2 3 4 5; do echo "line $i"; done'),
    writeManifest(server.dataDir, 'bad', 'exit 1'),
    writeManifest(server.dataDir, 'endless', 'echo begun; sleep 300'),
  ])
  for (const manifest of [good, bad])
    await agentos(['run', manifest], server, { isShared: true })
  await agentos(['run', endless, '--detach'], server, { isShared: true })
})

afterAll(async () => {
  await server.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

describe('ps', () => {
  it('lists runs newest first, with the beginning of an id that every command takes', async () => {
    const { code, stdout } = await agentos(['ps'], server)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe('STATUS      RUN        AGENT                    TIME  STARTED    NOW, OR WHY')
    expect(lines[1]).toMatch(/^● running {3}\w{10} endless {13,}\d+\.\d s {2}\d+ s ago {4}work$/)
    expect(lines[2]).toMatch(/^✗ failed {4}\w{10} bad .+ error: Step "work" .+$/)
    expect(lines[3]).toMatch(/^✓ succeeded \w{10} good .+ completed$/)
    expect(lines).toHaveLength(4)
    expect(code).toBe(0)
    const logs = await agentos(['logs', lines[3]!.split(' ')[2]!], server)
    expect(logs.stdout).toContain('│ line 5')
  })

  it.each([
    [['--status', 'succeeded'], ['good']],
    [['--status', 'completed'], ['good']],
    [['--status', 'failed'], ['bad']],
    [['--status', 'running'], ['endless']],
    [['--status', 'stopped'], []],
    [['-n', '2'], ['endless', 'bad']],
  ])('takes %j, the prototype\'s words too', async (options, names) => {
    const ended = await agentos(['ps', '--json', ...options], server)
    expect(jsonLines(ended)).toEqual(names.map(agentName => expect.objectContaining({ agentName })))
  })

  it('draws the processes of each running run below it, and gives them as JSON', async () => {
    await expect.poll(async () => (await agentos(['ps', '--tree'], server)).stdout, { timeout: 15_000 }).toMatch(/─ sleep 300\n/)
    const { code, stdout } = await agentos(['ps', '--tree'], server)
    const lines = stdout.split('\n')
    expect(lines[1]).toMatch(/^● running {3}\w{10} endless/)
    expect(lines.find(line => line.includes('sleep 300') && !line.includes('sh -c'))).toMatch(/^ +\d+ +\d+\.\d (?:%|s) +[\d.]+ [KM]iB {2}[ │]*[├└]─ sleep 300$/)
    expect(stdout).toMatch(/^ {2}\d+ processe?s? · .*CPU time \d+\.\d s · [\d.]+ [KM]iB/m)
    expect(stdout.split('\n').filter(line => line.startsWith('✗') || line.startsWith('✓'))).toHaveLength(2)
    expect(code).toBe(0)
    const runs = jsonLines(await agentos(['ps', '--tree', '--json'], server)) as unknown as { agentName: string, usage: { tree: { command: string }[] } | null }[] // what is in it is what is tested
    expect(runs.find(({ agentName }) => agentName === 'endless')!.usage!.tree.map(({ command }) => command)).toContain('sleep 300')
    expect(runs.find(({ agentName }) => agentName === 'good')!.usage).toBeNull()
    expect(jsonLines(await agentos(['ps', '--json'], server))[0]).not.toHaveProperty('usage')
  }, 60_000)

  it.each([['--status', 'busy'], ['-n', '0'], ['-n', 'many']])('refuses %s %s and says what it takes', async (option, value) => {
    const { code, stderr } = await agentos(['ps', option, value], server)
    expect(stderr).toMatch(new RegExp(`^error --\\w+: expected .+ but got "${value}"\n$`))
    expect(code).toBe(1)
  })
})

describe('logs', () => {
  it('shows the last lines of an agent\'s newest run', async () => {
    const { stdout } = await agentos(['logs', 'good', '-n', '3'], server)
    expect(stdout).toMatch(/^ {2}│ line 5\n✓ 1 .+\n✓ succeeded .+\n$/)
    const events = jsonLines(await agentos(['logs', 'good', '-n', '2', '--json'], server))
    expect(events.map(event => event.type)).toEqual(['step.finished', 'run.ended'])
  })

  it('exits 127 when there is no such run', async () => {
    const { code, stderr } = await agentos(['logs', 'nobody'], server)
    expect(stderr).toBe('error no run\'s id begins with "nobody" and no agent is called so; `agentos ps` lists the runs\n')
    expect(code).toBe(127)
  })

  it('names what a word may mean that means several', async () => {
    const { code, stderr } = await agentos(['logs', 'log'], server)
    expect(stderr).toBe('error "log" may mean more than one agent: log-analyst, log-triage\n')
    expect(code).toBe(1)
  })

  it('goes on by itself when its server is killed and started again at another address', async () => {
    const dataDir = await temporaryFolder()
    const first = await startServerProcess(dataDir)
    const manifest = await writeManifest(dataDir, 'cut', 'echo begun; sleep 300')
    await agentos(['run', manifest, '--detach'], dataDir)
    const logs = runCommand(['logs', '-f', 'cut'], dataDir)
    await logs.says(/begun/)
    first.child.kill('SIGKILL')
    await first.exited
    await startServerProcess(dataDir)
    expect(await logs.exited).toEqual([0, null])
    expect(logs.stdout().match(/│ begun/g)).toHaveLength(1)
    expect(logs.stdout()).toMatch(/attempt 1 was lost[\s\S]+✗ failed in .+ · interrupted: /)
    expect(logs.stderr()).toBe('the connection is lost; trying again\nthe connection is there again\n')
  })
})

describe('init', () => {
  it('writes a manifest that runs as it is, and never over one', async () => {
    const folder = await mkdtemp(join(server.dataDir, '..', 'agentos-cli-init-'))
    try {
      const written = await agentos(['init', 'first-one'], server, { cwd: folder })
      expect(written.stdout).toBe(`wrote ${join(folder, 'first-one.yaml')}\nrun it with: agentos run first-one.yaml --task "look around"\n`)
      const run = await agentos(['run', 'first-one.yaml', '--task', 'look around'], server, { cwd: folder })
      expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('│ task: look around\n') })

      await writeFile(join(folder, 'first-one.yaml'), 'mine')
      const again = await agentos(['init', 'first-one'], server, { cwd: folder })
      expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') })
      expect(await readFile(join(folder, 'first-one.yaml'), 'utf8')).toBe('mine')
      const elsewhere = await agentos(['init', '../elsewhere'], server, { cwd: folder })
      expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be an agent\'s name') })
    }
    finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('doctor', () => {
  it('exits 1 and names what is wrong: a setting, a port that is taken', async () => {
    const setting = await agentos(['doctor'], server, { env: { AGENTOS_MAX_AGENTS: 'none' } })
    expect(setting.stdout).toContain('✗ configuration        AGENTOS_MAX_AGENTS: expected a whole number')
    expect(setting.code).toBe(1)
    const port = await agentos(['doctor'], await temporaryFolder(), { env: { AGENTOS_PORT: new URL(server.url).port } })
    expect(port.stdout).toMatch(/✗ port {17}127\.0\.0\.1:\d+: another program listens there\n +stop that program, or set AGENTOS_PORT\n/)
    expect(port.stdout).toMatch(/[✓!] isolation: sandbox/)
    expect(port.code).toBe(1)
  })
})

describe('a server elsewhere', () => {
  const at = (url: string, key?: string) => ({ env: { AGENTOS_URL: url, ...(key === undefined ? {} : { AGENTOS_API_KEY: key }) } })

  it('is used by its address and key, from any data folder', async () => {
    const nowhere = await temporaryFolder()
    const { stdout } = await agentos(['ps', '--json', '--status', 'running'], nowhere, at(server.url, server.credential))
    expect(jsonLines({ stdout })).toMatchObject([{ agentName: 'endless' }])
  })

  it.each([
    ['a key that is missing', () => at(server.url), 1, /AGENTOS_API_KEY is not set/],
    ['a key that is wrong', () => at(server.url, 'wrong'), 126, /does not know the key in AGENTOS_API_KEY/],
    ['a server that is away', () => at('http://127.0.0.1:4', 'any'), 1, /no AgentOS server answers at http:\/\/127\.0\.0\.1:4: .+\n {2}check AGENTOS_URL/],
    ['an address that is none', () => at('here', 'any'), 1, /expected the address of a server, .+ but got "here"/],
  ])('says what to do about %s', async (_, options, exitCode, message) => {
    const { code, stdout, stderr } = await agentos(['ps'], server, options())
    expect(stderr).toMatch(message)
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
  })

  it.runIf(process.getuid?.() === 0)('is what to use when the data folder belongs to another user', async () => {
    await chmod(server.dataDir, 0o711)
    const command = spawnProcess('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, COMMAND_LINE, 'ps'], server.dataDir, { cwd: '/' })
    expect(await command.exited).toEqual([126, null])
    expect(command.stderr()).toMatch(/^error the data folder .+ belongs to another user: .+AGENTOS_URL/)
  })
})

it('prints a sign-in link and the metrics of the server that runs', async () => {
  const ui = await agentos(['ui'], server)
  expect(ui.stdout).toMatch(new RegExp(`^AgentOS runs at {2,}${server.url}\nSign in with this one-time link: {2,}${server.url}/setup\\?token=[\\w-]{43}\n$`))
  const moved = await agentos(['ui', '--port', '1'], server)
  expect(moved).toMatchObject({ code: 1, stderr: expect.stringContaining('a server runs at') })
  const metrics = await agentos(['metrics'], server)
  expect(metrics.stdout).toMatch(/^agentos_agents_running 1$/m)
  const none = await agentos(['metrics'], await temporaryFolder())
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('agentos serve') })
})

it('a reader that has seen enough is no failure', async () => {
  const list = spawnProcess('sh', ['-c', `"$0" "$1" ps | head -n 1; exit "$?"`, process.execPath, COMMAND_LINE], server.dataDir)
  expect(await list.exited).toEqual([0, null])
  expect(list.stdout()).toMatch(/^STATUS .+\n$/)
  expect(list.stderr()).toBe('')
})

// The last ones: they end and delete what the others look at.
it('stops every run of an agent, and says so when none is live', async () => {
  const stopped = await agentos(['stop', 'endless'], server)
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^⊘ cancelled endless \w{10}\n$/) })
  const again = await agentos(['stop', 'endless'], server)
  expect(again).toMatchObject({ code: 0, stdout: 'no run of endless is live\n' })
  const unknown = await agentos(['stop', 'nobody'], server)
  expect(unknown.code).toBe(127)
})

it('prunes only what was asked for, and in a pipe only when told so', async () => {
  const refused = await agentos(['prune'], server)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') })
  const live = await agentos(['prune', '--force', '--status', 'running'], server)
  expect(live).toMatchObject({ code: 1, stderr: expect.stringContaining('never pruned') })
  const old = await agentos(['prune', '--force', '--older-than', '1d'], server)
  expect(old.stdout).toBe('0 runs deleted\n')
  const failed = await agentos(['prune', '--force', '--status', 'failed'], server)
  expect(failed.stdout).toBe('1 run deleted\n')
  const left = jsonLines(await agentos(['ps', '--json'], server))
  expect(left.map(run => run.status)).not.toContain('failed')
})
