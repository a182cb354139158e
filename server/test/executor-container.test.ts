import type { ExecutorHost } from '../src/executor/host.ts'
import type { SandboxSpec } from '../src/executor/protocol/input.ts'
import type { TestRun } from './executor-harness.ts'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../src/domain/manifest/defaults.ts'
import { runArguments } from '../src/executor/sandbox/container-command.ts'
import { findEngine } from '../src/executor/sandbox/engine.ts'
import { callTestEngine, TEST_IMAGE, testedEngines } from './container-engines.ts'
import { dataOf, findByCommandLine, outputOf, performRun, startExecutor, until } from './executor-harness.ts'

const engines = await testedEngines()
let lengths = 800_000 + process.pid % 10_000 * 10
const nextLength = () => String(++lengths)

describe.each(engines)('level container by $name', (engine) => {
  let host: ExecutorHost & AsyncDisposable
  beforeAll(async () => {
    process.env.AGENTOS_TEST_CANARY = 'CANARY-OF-THE-SERVER'
    host = await startExecutor({ engines: [engine] })
    await host.proved()
  }, 60_000)
  afterAll(() => host[Symbol.asyncDispose]())
  const run = (o: TestRun) => performRun(host, { level: 'container', commandTimeoutMs: 60_000, ...o, sandbox: { image: TEST_IMAGE, ...o.sandbox } })
  const containersOf = async (runId: string) => (await callTestEngine(engine, ['ps', '--all', '--quiet', '--filter', `label=agentos.run=${runId}`])).output.trim()

  it('runs the commands of an attempt in one container, one after another, with what they left behind', async () => {
    const { outcome, events } = await run({
      runId: `container-${process.pid}`,
      steps: [
        'echo out; echo err >&2; touch /workspace/a $HOME/b /tmp/c; (sleep 1000 &)',
        'ls /workspace $HOME /tmp; ps | grep -c "[s]leep 1000"; cat /proc/1/cmdline | tr "\\0" " "',
        { run: 'exit 7', continueOnError: true },
        { run: '/not/there', continueOnError: true },
      ],
    })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(outputOf(events, 'stderr')).toContain('err\n')
    expect(outputOf(events)).toMatch(/^out\n\/home\/agent:\nb\n\n\/tmp:\nc\n\n\/workspace:\na\n1\n\/bin\/sh -c .*while read/)
    expect(dataOf(events, 'step.finished').map(({ end }) => end?.exitCode)).toEqual([0, 0, 7, 127])
    expect(dataOf(events, 'sandbox.opened')).toMatchObject([{ level: 'container', by: expect.stringContaining(engine.name), keepers: { memory: ['cgroup'] } }])
    expect(await containersOf(`container-${process.pid}`)).toBe('')
    console.warn(`${engine.name}: opened in ${dataOf(events, 'sandbox.opened')[0]!.durationMs} ms; commands took ${dataOf(events, 'step.finished').map(({ durationMs }) => durationMs).join(', ')} ms`)
  }, 120_000)

  it('shows nothing of the host, has no capability, no network, and writes to its own folders alone', async () => {
    const { events, outcome } = await run({
      steps: [[
        'env; cat /proc/*/environ | tr "\\0" "\\n"; ls /',
        'for f in /x /bin/x /etc/x /proc/sys/kernel/hostname /sys/x; do (echo 1 >$f) 2>/dev/null && echo "wrote $f"; done',
        'grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs)" /proc/self/status; ls /sys/class/net; find / -name "*.sock" 2>/dev/null; exit 0',
      ].join('\n')],
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    const seen = outputOf(events)
    expect(seen).not.toMatch(/CANARY|wrote|\.sock|^(?:root|boot|srv|opt|work)$/m)
    expect(seen).toMatch(/CapPrm:\s0+\nCapEff:\s0+\nCapBnd:\s0+\nNoNewPrivs:\s1/)
    expect(seen).not.toMatch(/^eth/m)
    expect(seen).toContain('AGENTOS_TASK=a task')
  }, 120_000)

  it('holds the limits of memory, processes and files', async () => {
    const { events } = await run({
      limits: { memoryBytes: 32 * 1024 * 1024, processes: 10, files: 16 },
      steps: [
        'ulimit -n; ulimit -c',
        { run: 'x=$(dd if=/dev/zero bs=1048576 count=100 2>/dev/null | tr "\\0" x); echo had it all', continueOnError: true },
        { run: 'for i in $(seq 40); do sleep 5 & done 2>&1; echo had them all', continueOnError: true },
      ],
    })
    expect(outputOf(events)).not.toContain('had it all')
    expect(outputOf(events)).toMatch(/can't fork|Resource temporarily unavailable/)
    expect(outputOf(events)).toMatch(/^16\n0\n/m)
  }, 120_000)

  it('hides what is hidden, mounts read-only, and finds folders of any name', async () => {
    const base = mkdtempSync(join(tmpdir(), 'agentos-odd-'))
    const workspacePath = join(base, 'a b,c:d"e\nf')
    mkdirSync(join(workspacePath, 'data'), { recursive: true })
    for (const path of [base, workspacePath, join(workspacePath, 'data')])
      chmodSync(path, 0o755)
    writeFileSync(join(workspacePath, 'data/x'), 'CANARY')
    writeFileSync(join(workspacePath, '.env'), 'CANARY')
    writeFileSync(join(workspacePath, 'readme'), 'to be read')
    const { events, outcome } = await run({
      steps: ['cat readme .env data/*; ls -la data; touch x data/y; exit 0'],
      sandbox: { workspacePath, workspaceMode: 'read-only', hidden: [{ path: 'data', kind: 'folder' }, { path: '.env', kind: 'file' }] },
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toContain('to be read')
    expect(outputOf(events)).not.toContain('CANARY')
    expect(existsSync(join(workspacePath, 'x'))).toBe(false)
    rmSync(base, { recursive: true })
  }, 120_000)

  it('gives a command its input and its values, of any text', async () => {
    const text = 'one\ntwo \'"$(three)`\\\n'
    const { events } = await run({
      llm: { turns: [{ toolCalls: [{ id: '1', tool: 'write_file', input: { path: 'a', content: text } }] }, { toolCalls: [{ id: '2', tool: 'shell', input: { command: 'cat a; printf %s "$VALUE"' } }] }], tools: ['shell', 'files'] },
      sandbox: { env: { VALUE: text } },
    })
    expect(dataOf(events, 'tool.output').map(data => data.text).join('')).toBe(text + text)
  }, 120_000)

  it('ends a command whose time is over, with all its children, and goes on in the same container', async () => {
    const length = nextLength()
    const { events, outcome } = await run({
      steps: [
        { run: `trap '' TERM; sleep ${length} & setsid sleep ${length} & wait`, timeoutMs: 1500, continueOnError: true },
        `ps | grep -c "[s]leep ${length}"; exit 0`,
      ],
      graceMs: 200,
    })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(dataOf(events, 'step.finished')[0]).toMatchObject({ end: { ended: 'timeout' } })
    expect(outputOf(events)).toBe('0\n')
    expect(findByCommandLine(length)).toEqual([])
  }, 120_000)

  it('leaves nothing alive when the run is cancelled in the middle of children that are hard to kill', async () => {
    const length = nextLength()
    const stop = new AbortController()
    const { outcome } = await run({
      runId: `cancelled-${process.pid}`,
      steps: [`sleep ${length} & setsid sleep ${length} & (setsid sh -c '(sleep ${length} &)' &); env -i setsid sleep ${length} & trap '' TERM; echo up; sleep ${length}`],
      onEvent: event => event.type === 'step.output' ? stop.abort('enough') : undefined,
      signal: stop.signal,
      graceMs: 200,
    })
    expect(outcome).toMatchObject({ reason: 'cancelled', survivors: 0 })
    expect(findByCommandLine(length)).toEqual([])
    expect(await containersOf(`cancelled-${process.pid}`)).toBe('')
  }, 120_000)

  it('ends with its executor, however that ends', async () => {
    const length = nextLength()
    const runId = `orphan-${process.pid}`
    const { outcome } = await run({
      runId,
      steps: [`(setsid sleep ${length} &); echo up; sleep ${length}`],
      onEvent: (event) => {
        if (event.type === 'step.output')
          process.kill(host.pidFor('container')!, 'SIGKILL')
      },
    })
    expect(outcome).toMatchObject({ lost: true })
    await until(() => findByCommandLine(length).length === 0)
    expect(await containersOf(runId)).toBe('')
  }, 120_000)

  it('ends by itself when executor and server are both gone: its first process reads no more', async () => {
    const name = `agentos-alone-${process.pid}`
    const found = await findEngine({ PATH: process.env.PATH!, HOME: process.env.HOME! }, { candidates: [engine] })
    if (!('engine' in found))
      throw new Error(found.missing)
    const folder = mkdtempSync(join(tmpdir(), 'agentos-alone-'))
    const spec: SandboxSpec = {
      level: 'container',
      workspacePath: folder,
      workspaceMode: 'read-write',
      hidden: [],
      ownFolders: [],
      homePath: folder,
      network: 'none',
      loopback: [],
      programs: [],
      path: [],
      image: TEST_IMAGE,
      env: {},
    }
    const ceilings = { processes: 1024, files: 1024, fileBytes: null }
    const args = runArguments(found.engine, { name, runId: name, spec, emptyPath: folder, limits: DEFAULT_LIMITS, user: { uid: 65534, gid: 65534 }, ceilings })
    const client = spawn(engine.path, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    await new Promise(resolve => client.stdout.once('data', resolve))
    client.kill('SIGKILL')
    await expect.poll(() => containersOf(name), { timeout: 20_000 }).toBe('')
    rmSync(folder, { recursive: true })
  }, 120_000)
})

it('the tests of the engines have left no container behind', async () => {
  for (const engine of engines)
    expect((await callTestEngine(engine, ['ps', '--all', '--format', '{{.Names}}'])).output).not.toMatch(new RegExp(`^agentos-.*-${process.pid}`, 'm'))
})
