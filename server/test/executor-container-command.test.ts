import type { ExecutorHost } from '../src/executor/host.ts'
import type { TestRun } from './executor-harness.ts'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { dataOf, outputOf, performRun, startExecutor } from './executor-harness.ts'

/** What our side says to an engine, word for word, held against a program that stands in an engine's place. */

const PODMAN = {
  host: { cgroupControllers: ['cpu', 'memory', 'pids'], security: { rootless: false } },
  version: { Version: '4.3.1' },
}
const DOCKER = { ServerVersion: '28.2.2', MemoryLimit: true, PidsLimit: true, CpuCfsQuota: true, SecurityOptions: ['name=seccomp'] }

interface Call { verb: string, args: string[], environment: Record<string, string> }

const folders: string[] = []
const hosts: (ExecutorHost & AsyncDisposable)[] = []
afterEach(async () => {
  await Promise.all(hosts.splice(0).map(host => host.stop()))
  folders.splice(0).forEach(folder => rmSync(folder, { recursive: true, force: true }))
})

async function open(name: 'podman' | 'docker', info: object | string) {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-engine-'))
  folders.push(folder)
  const path = join(folder, 'engine.mjs')
  copyFileSync(fileURLToPath(new URL('executor-fixtures/fake-engine.mjs', import.meta.url)), join(folder, 'fake.mjs'))
  // Its first line would look for node in a PATH that is ours to give.
  writeFileSync(path, `#!${process.execPath}\n${readFileSync(join(folder, 'fake.mjs'), 'utf8').replace(/^#!.*\n/, '')}`)
  chmodSync(path, 0o755)
  writeFileSync(join(folder, 'info.json'), typeof info === 'string' ? info : JSON.stringify(info))
  const host = await startExecutor({ engines: [{ name, path }] })
  hosts.push(host)
  await host.proved()
  const calls = () => existsSync(join(folder, 'calls.jsonl'))
    ? readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line) as Call)
    : []
  const run = (o: TestRun) => performRun(host, { level: 'container', ...o, sandbox: { image: 'debian:12', ...o.sandbox } })
  return { host, run, calls, called: (verb: string) => calls().filter(call => call.verb === verb) }
}

const rowOf = (host: ExecutorHost) => host.levels.levels.find(({ level }) => level === 'container')

describe('level container', () => {
  it('is there when an engine answers, and names it with what it keeps', async () => {
    const { host } = await open('podman', PODMAN)
    expect(rowOf(host)).toMatchObject({ proven: true, by: 'podman 4.3.1', missing: null, keepers: { memory: ['cgroup'], processes: ['cgroup'], cpu: ['cgroup'], files: ['rlimit'] } })
    const docker = await open('docker', { ...DOCKER, MemoryLimit: false })
    expect(rowOf(docker.host)).toMatchObject({ proven: true, by: 'docker 28.2.2', keepers: { memory: ['none'], processes: ['cgroup'] } })
  })

  it.each([
    ['a docker with no daemon', 'docker', { ServerErrors: ['Cannot connect'], ServerVersion: '' }],
    ['words that are no answer', 'podman', 'Hello!'],
  ] as const)('is refused with what to install at %s', async (_, name, info) => {
    const { host, run, called } = await open(name, info)
    expect(rowOf(host)).toMatchObject({ proven: false, missing: expect.stringContaining('install podman') })
    const { outcome } = await run({ steps: ['true'] })
    expect(outcome).toMatchObject({ reason: 'refused', detail: expect.stringContaining('install podman') })
    expect(called('run')).toEqual([])
  })

  it('is refused where none is installed', async () => {
    const host = await startExecutor({ engines: [] })
    hosts.push(host)
    expect((await host.proved()).levels.find(({ level }) => level === 'container')).toMatchObject({ proven: false, missing: expect.stringContaining('no container engine answers') })
  })

  it('makes one container for the whole attempt, with every limit and nothing of the host but what was given', async () => {
    const { run, called } = await open('podman', PODMAN)
    const { outcome, events } = await run({
      runId: 'run-1',
      steps: ['echo one', 'echo two'],
      limits: { memoryBytes: 64 * 1024 * 1024, diskBytes: 32 * 1024 * 1024, processes: 20, files: 32, cpu: 0.5, cpuTimeMs: 1500 },
      sandbox: { hidden: [{ path: 'data', kind: 'folder' }, { path: '.env', kind: 'file' }], programs: [{ hostPath: '/opt/node', insidePath: '/opt/programs/node' }], workspaceMode: 'read-only' },
    })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(outputOf(events)).toBe('one\ntwo\n')
    expect(dataOf(events, 'sandbox.opened')).toMatchObject([{ level: 'container', by: 'podman 4.3.1' }])
    expect(called('run')).toHaveLength(1)
    const { args } = called('run')[0]!
    const name = args[args.indexOf('--name') + 1]!
    const sourceOf = (target: string) => new RegExp(`src=([^,]*),dst=${target}(?:,|$)`).exec(args.find(word => word.includes(`dst=${target}`)) ?? '')?.[1]
    expect(name).toMatch(/^agentos-run-1-[0-9a-f]{8}$/)
    expect(args).toEqual([
      '--interactive',
      '--rm',
      ...['--name', name],
      ...['--label', 'agentos.run=run-1'],
      ...['--pull', 'never'],
      ...['--network', 'none'],
      '--read-only',
      '--read-only-tmpfs=false',
      ...['--image-volume', 'ignore'],
      '--no-healthcheck',
      ...['--cap-drop', 'ALL'],
      ...['--security-opt', 'no-new-privileges'],
      ...['--user', expect.stringMatching(/^\d+:\d+$/) as string],
      ...['--memory', '67108864b', '--memory-swap', '67108864b'],
      ...['--pids-limit', '22'],
      ...['--cpus', '0.5'],
      ...['--ulimit', 'nofile=32:32', '--ulimit', 'fsize=33554432:33554432', '--ulimit', 'core=0:0', '--ulimit', expect.stringMatching(/^nproc=\d+:\d+$/) as string],
      ...['--ulimit', 'cpu=2:2'],
      ...['--shm-size', '33554432b'],
      ...['--mount', 'type=tmpfs,dst=/tmp,tmpfs-size=33554432,tmpfs-mode=1777'],
      ...['--mount', `type=bind,src=${sourceOf('/workspace')},dst=/workspace,readonly`],
      ...['--mount', `type=bind,src=${sourceOf('/workspace/data')},dst=/workspace/data,readonly`],
      ...['--mount', 'type=bind,src=/dev/null,dst=/workspace/.env,readonly'],
      ...['--mount', `type=bind,src=${sourceOf('/home/agent')},dst=/home/agent`],
      ...['--mount', 'type=bind,src=/opt/node,dst=/opt/programs/node,readonly'],
      ...['--workdir', '/'],
      ...['--entrypoint', '/bin/sh'],
      'debian:12',
      ...['-c', 'echo ready; while read -r line; do ( : ); done'],
    ])
    expect(sourceOf('/workspace/data')).toMatch(/\/\.empty$/)
    expect(JSON.stringify(args)).not.toMatch(/\.sock|privileged/)
    expect(called('rm')).toMatchObject([{ args: ['--force', '--time', '0', name] }])
  })

  it('leaves out what docker does not know, and the user namespace of an engine without root', async () => {
    const docker = await open('docker', DOCKER)
    await docker.run({ steps: ['true'] })
    expect(docker.called('run')[0]!.args.join(' ')).not.toMatch(/read-only-tmpfs|image-volume|userns/)
    expect(docker.called('rm')[0]!.args).not.toContain('--time')
    const rootless = await open('podman', { ...PODMAN, host: { ...PODMAN.host, security: { rootless: true } } })
    await rootless.run({ steps: ['true'] })
    expect(rootless.called('run')[0]!.args.join(' ')).toContain('--userns keep-id')
  })

  it('keeps every path within the one word that is its mount', async () => {
    const { run, called } = await open('podman', PODMAN)
    const workspacePath = join(mkdtempSync(join(tmpdir(), 'agentos-odd-')), 'a b,c:d"e\nf,readonly=false')
    folders.push(workspacePath)
    mkdirSync(workspacePath)
    await run({ steps: ['true'], sandbox: { workspacePath, workspaceMode: 'read-only' } })
    expect(called('run')[0]!.args).toContain(`type=bind,"src=${workspacePath.replaceAll('"', '""')}",dst=/workspace,readonly`)
  })

  it('takes no image that looks like an option, or like more than one word', async () => {
    const { run, called } = await open('podman', PODMAN)
    for (const image of ['--privileged', '-v=/:/host', 'debian:12 --privileged', 'a\nb', '', '../x']) {
      const { outcome } = await run({ steps: ['true'], sandbox: { image } })
      expect(outcome).toMatchObject({ reason: 'spawn_error', detail: expect.stringContaining('is not the name of a container image') })
    }
    expect(called('run')).toEqual([])
  })

  it('says what to pull when the image is not there, for nothing is fetched by itself', async () => {
    const { run } = await open('podman', PODMAN)
    const { outcome } = await run({ steps: ['true'], sandbox: { image: 'absent:1' } })
    expect(outcome).toMatchObject({ detail: expect.stringContaining('the image absent:1 is not on this machine: podman pull absent:1') })
  })

  it('is not opened with a network that it could not lead through the worker', async () => {
    const { run, called } = await open('podman', PODMAN)
    for (const sandbox of [{ network: 'open' as const }, { loopback: [{ port: 1, socketPath: '/run/x.sock' }] }])
      expect((await run({ steps: ['true'], sandbox })).outcome).toMatchObject({ detail: expect.stringContaining('no way to a network') })
    expect(called('run')).toEqual([])
  })

  it('hands values to a command in the engine\'s environment, under names that mean nothing to it', async () => {
    process.env.AGENTOS_TEST_CANARY = 'of the server'
    const { run, called } = await open('podman', PODMAN)
    const { events } = await run({
      steps: ['printf "%s|" "$LINES_OF_TEXT" "$DOCKER_HOST" "$LD_PRELOAD" "$HOME" "$AGENTOS_TASK"; env | grep -c AGENTOS_VALUE; cat'],
      sandbox: { env: { LINES_OF_TEXT: 'one\ntwo \'$(three)\'', DOCKER_HOST: 'tcp://evil', LD_PRELOAD: '/evil.so' } },
      task: 'the task',
    })
    expect(outputOf(events)).toBe('one\ntwo \'$(three)\'|tcp://evil|/evil.so|/home/agent|the task|0\n')
    const { args, environment } = called('exec')[0]!
    expect(JSON.stringify(args)).not.toMatch(/three|evil|the task|printf/)
    expect(Object.keys(environment).filter(name => /^(?:DOCKER_HOST|LD_)/.test(name))).toEqual([])
    expect(environment.AGENTOS_TEST_CANARY).toBeUndefined()
  })

  it('tells the engine\'s 125 from a command\'s, and knows 126, 127 and any other code as the command\'s', async () => {
    const { run } = await open('podman', PODMAN)
    const codes = [0, 1, 7, 125, 126, 127, 200]
    const { events } = await run({ steps: codes.map(code => ({ run: `exit ${code}`, continueOnError: true })) })
    expect(dataOf(events, 'step.finished').map(({ end }) => end?.exitCode)).toEqual(codes)
  })
})
