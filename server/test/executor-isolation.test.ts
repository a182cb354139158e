import type { ExecutorHost } from '../src/executor/host.ts'
import type { RunOutcome } from '../src/executor/protocol/output.ts'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { delegateCgroup } from '../src/executor/delegate-cgroup.ts'
import { canDivideCgroups, dataOf, findByCommandLine, outputOf, performRun, runAs, startExecutor, testedWays, until } from './executor-harness.ts'
import { hardToKill } from './kills/hard-to-kill.ts'

let lengths = 700_000 + process.pid % 10_000 * 10
const nextLength = () => String(++lengths)

describe.each(testedWays())('level sandbox by %s', (way) => {
  let host: ExecutorHost & AsyncDisposable
  beforeAll(async () => {
    process.env.AGENTOS_TEST_CANARY = 'CANARY-OF-THE-SERVER'
    host = await startExecutor({ sandboxBy: [way] })
  })
  afterAll(() => host[Symbol.asyncDispose]())
  const run = (o: Parameters<typeof performRun>[1]) => performRun(host, o)

  it('is proved at start, and says by what', () => {
    expect(host.levels.default).toBe('sandbox')
    expect(host.levels.levels).toMatchObject([
      { level: 'none', proven: true },
      { level: 'process', proven: true },
      { level: 'sandbox', proven: true, by: expect.stringMatching(new RegExp(`^${way} \\d`)), missing: null },
      { level: 'container', proven: false, missing: expect.any(String) },
    ])
  })

  it('shows nothing of the server\'s environment, processes and files', async () => {
    const hidden = join(tmpdir(), `agentos-hidden-${process.pid}`)
    mkdirSync(hidden, { recursive: true })
    writeFileSync(join(hidden, 'agentos.db'), 'CANARY-IN-A-FILE')
    const { events } = await run({
      steps: [{
        run: 'env; cat /proc/*/environ /proc/*/cmdline; find / -name "*.db" 2>/dev/null; cat /srv/* /root/* /home/*/* /etc/shadow; ls /; ls /etc /proc/1/root/; exit 0',
        name: 'look',
      }],
    })
    rmSync(hidden, { recursive: true })
    const seen = outputOf(events)
    expect(seen).toContain('AGENTOS_TASK=a task')
    expect(seen).not.toContain('CANARY')
    expect(seen).not.toContain('agentos.db')
    expect(seen).not.toMatch(/^(?:shadow|hostname|machine-id)$/m)
    expect(seen).not.toMatch(/^(?:root|var|boot|sys|work|mnt|old)$/m)
  })

  it('shows nothing of what is hidden in its workspace, and cannot uncover it', async () => {
    const host = mkdtempSync(join(tmpdir(), 'agentos-hidden-'))
    chmodSync(host, 0o755)
    mkdirSync(join(host, 'data'))
    writeFileSync(join(host, 'data/agentos.db'), 'CANARY')
    writeFileSync(join(host, '.env'), 'KEY=CANARY')
    writeFileSync(join(host, 'readme'), 'to be read')
    const { outcome, events } = await run({
      steps: ['cat readme; ls data; cat .env; umount data .env 2>&1; mv data elsewhere 2>&1; find . -type f -exec cat {} +; touch data/x || exit 0'],
      sandbox: { workspacePath: host, workspaceMode: 'read-only', hidden: [{ path: 'data', kind: 'folder' }, { path: '.env', kind: 'file' }] },
    })
    rmSync(host, { recursive: true })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toContain('to be read')
    expect(outputOf(events)).not.toContain('CANARY')
  })

  it('can write to its workspace, home and temporary folder alone, and has no capability', async () => {
    const { events, outcome } = await run({
      steps: [
        'touch /workspace/a $HOME/b $TMPDIR/c /dev/shm/d && echo written >&2',
        'for f in /x /usr/x /etc/x /bin/x /home/x /dev/x /proc/sys/kernel/hostname /sys/x; do (echo 1 >$f) 2>/dev/null && echo "wrote $f"; done; grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs)" /proc/self/status; mount -t tmpfs x /tmp 2>/dev/null && echo mounted; true',
      ],
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events, 'stderr')).toBe('written\n')
    expect(outputOf(events)).not.toMatch(/wrote|mounted/)
    expect(outputOf(events)).toMatch(/CapPrm:\s0+\nCapEff:\s0+\n[\s\S]*NoNewPrivs:\s1/)
  })

  it('reaches no network, but itself on its loopback', async () => {
    const server = createServer(socket => socket.end('CANARY'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number } // It listens on TCP.
    const client = (port: number | string) => `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(PeerAddr=>"127.0.0.1",PeerPort=>${port},Timeout=>2) or die "refused\\n"; print <$s>'`
    const own = `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(LocalAddr=>"127.0.0.1",LocalPort=>4711,Listen=>1) or die; open(F,">up");close F; $c=$s->accept; print $c "own\\n"' &`
    const { events } = await run({ steps: [`cat /proc/net/dev | tail -n +3; ${client(port)}; exit 0`, own, `while [ ! -e up ]; do sleep 0.01; done; ${client(4711)}`] })
    server.close()
    expect(outputOf(events)).not.toContain('CANARY')
    expect(outputOf(events, 'stderr')).toContain('refused')
    expect(outputOf(events).split('\n').filter(line => line.includes(':')).map(line => line.trim().split(':')[0])).toEqual(['lo'])
    expect(outputOf(events)).toContain('own\n')
  })

  it('reaches nothing of the host by itself, also when the manifest opens the network: that leads through the worker', async () => {
    const server = createServer(socket => socket.end('CANARY'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number } // It listens on TCP.
    const { events } = await run({
      steps: [`tail -n +3 /proc/net/dev; perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(PeerAddr=>"127.0.0.1",PeerPort=>${port},Timeout=>2) or die "refused"; print <$s>'; true`],
      sandbox: { network: 'open' },
    })
    server.close()
    expect(outputOf(events)).not.toContain('CANARY')
    expect(outputOf(events, 'stderr')).toContain('refused')
    expect(outputOf(events).trim()).toMatch(/^lo:[^\n]*$/)
  })

  it('has the folders and files of the host that it is given as programs, read-only and first in PATH', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'agentos programs-'))
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'ls'), '#!/bin/sh\necho ours\n', { mode: 0o755 })
    const { outcome, events } = await run({
      steps: ['ls; (echo x >>/opt/a/ls) 2>/dev/null || echo read-only; /opt/b/one; node -p 6*7'],
      sandbox: {
        programs: [{ hostPath: folder, insidePath: '/opt/a' }, { hostPath: join(folder, 'ls'), insidePath: '/opt/b/one' }, { hostPath: process.execPath, insidePath: '/opt/b/node' }],
        path: ['/opt/a', '/opt/b'],
      },
    })
    rmSync(folder, { recursive: true })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toBe('ours\nread-only\nours\n42\n')
  })

  it('runs git in a repository, of another owner too', async () => {
    const { outcome, events } = await run({
      prepare: (path) => {
        execFileSync('git', ['init', '-q', path])
        execFileSync('git', ['-C', path, '-c', 'safe.directory=*', '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'first'])
      },
      steps: ['git log --format=%s'],
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toBe('first\n')
  })

  it('holds the limits of memory, files and processes', async () => {
    const { events } = await run({
      limits: { memoryBytes: 64 * 1024 * 1024, processes: 20, files: 32 },
      steps: [
        { run: `perl -e '$x = "x" x (200*1024*1024); print "had it all"'`, continueOnError: true },
        { run: `perl -e 'for (1..100) { open($f[$_], "<", "/dev/null") or die "files: $!\\n" } print "had them all"'`, continueOnError: true },
        { run: `perl -e 'for (1..100) { defined($p = fork) or die "processes: $!\\n"; if (!$p) { sleep 60; exit } } print "had them all"'`, continueOnError: true },
      ],
    })
    expect(outputOf(events)).toBe('')
    expect(dataOf(events, 'step.finished').map(data => data.status)).toEqual(['failed', 'failed', 'failed'])
    expect(outputOf(events, 'stderr')).toMatch(/Out of memory[\s\S]*files: Too many open files[\s\S]*processes: Resource temporarily unavailable/)
  })

  it('leaves no process behind: at natural end, at a timeout, at a stop', async () => {
    const [natural, timeout, stopped] = [nextLength(), nextLength(), nextLength()]
    const stop = new AbortController()
    const outcomes = await Promise.all([
      run({ steps: [hardToKill(natural)] }),
      run({ steps: [{ run: `${hardToKill(timeout)}\necho up; sleep 60`, timeoutMs: 3000 }] }),
      run({ steps: [`${hardToKill(stopped)}\necho up; sleep 60`], signal: stop.signal, onEvent: event => void (event.type === 'step.output' && stop.abort()) }),
    ])
    expect(outcomes.map(one => one.outcome)).toMatchObject([
      { reason: 'completed', survivors: 0 },
      { reason: 'timeout', survivors: 0 },
      { reason: 'cancelled', survivors: 0 },
    ])
    expect([natural, timeout, stopped].flatMap(findByCommandLine)).toEqual([])
  })

  it('cannot kill its own shell, nor anything outside', async () => {
    const { outcome, events } = await run({ steps: [{ run: 'kill -9 1; kill -9 -1; echo on', continueOnError: true }, 'echo next'] })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toContain('next\n')
    expect(host.pid).not.toBeNull()
  })

  it('dies with its executor, which is started again, and its run is told as lost', async () => {
    const length = nextLength()
    const pid = host.pid!
    const { outcome } = await run({ steps: [`${hardToKill(length)}\necho up; sleep 60`], onEvent: event => void (event.type === 'step.output' && process.kill(pid, 'SIGKILL')) })
    expect(outcome).toMatchObject({ lost: true, detail: expect.stringContaining('SIGKILL') })
    await until(() => findByCommandLine(length).length === 0)
    expect((await run({ steps: ['echo again'] })).outcome).toMatchObject({ reason: 'completed' })
    expect(host.pid).not.toBe(pid)
  })
})

const hasGroups = await canDivideCgroups()

describe.each([...hasGroups ? [true] : [], false])('level process (control groups: %s)', (cgroups) => {
  let host: ExecutorHost & AsyncDisposable
  beforeAll(async () => {
    host = await startExecutor({ cgroups })
  })
  afterAll(() => host[Symbol.asyncDispose]())

  /** Where there are no groups, the three that have cleared their environment, left their session and lost their parent escape. */
  function expectLeft(length: string): void {
    const left = findByCommandLine(length)
    left.forEach(pid => process.kill(pid, 'SIGKILL'))
    expect(left).toHaveLength(cgroups ? 0 : 3)
  }

  it('starts its commands in the workspace with an environment built from nothing', async () => {
    process.env.AGENTOS_TEST_CANARY = 'CANARY-OF-THE-SERVER'
    const { outcome, events, workspacePath } = await performRun(host, { level: 'process', steps: ['pwd; env; id -u; ulimit -n'], limits: { files: 77 }, sandbox: { env: { GIVEN: '1' } } })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(outputOf(events)).toMatch(new RegExp(`^${workspacePath}\n`))
    expect(outputOf(events)).toContain('GIVEN=1')
    expect(outputOf(events)).not.toContain('CANARY')
    expect(outputOf(events)).toMatch(new RegExp(`\n${runAs?.uid ?? process.getuid!()}\n77\n$`))
  })

  it('kills what it finds, and counts it', async () => {
    const length = nextLength()
    const { outcome } = await performRun(host, { level: 'process', steps: [hardToKill(length)] })
    // Seven and their shells, or those of them that still carry the marker.
    expect(outcome).toMatchObject({ reason: 'completed', survivors: expect.any(Number) })
    expect((outcome as RunOutcome).survivors).toBeGreaterThanOrEqual(cgroups ? 8 : 5)
    expectLeft(length)
  })

  it('ends a command\'s whole tree at its time limit', async () => {
    const length = nextLength()
    const { outcome } = await performRun(host, { level: 'process', steps: [{ run: `${hardToKill(length)}\nsleep 60`, timeoutMs: 8000 }] })
    expect(outcome).toMatchObject({ reason: 'timeout', survivors: 0 })
    expectLeft(length)
  })

  it('leaves nothing behind that it can find when the executor is killed', async () => {
    const length = nextLength()
    const pid = host.pid!
    const { outcome } = await performRun(host, { level: 'process', steps: [`${hardToKill(length)}\necho up; sleep 60`], onEvent: event => void (event.type === 'step.output' && process.kill(pid, 'SIGKILL')) })
    expect(outcome).toMatchObject({ lost: true })
    expectLeft(length)
  })
})

describe('level none', () => {
  it('is a bare shell, whose processes are ended all the same', async () => {
    await using host = await startExecutor()
    const length = nextLength()
    const { outcome, events } = await performRun(host, { level: 'none', steps: ['echo here', `sleep ${length} &`] })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toBe('here\n')
    expect(dataOf(events, 'sandbox.opened')).toMatchObject([{ level: 'none' }])
    expect(findByCommandLine(length)).toEqual([])
  })
})

describe('the end of the server', () => {
  const startServer = async (level: string, length: string, options: object) => {
    const fixture = fileURLToPath(new URL('./executor-fixtures/server.ts', import.meta.url))
    const server = spawn(process.execPath, [fixture, level, `${hardToKill(length)}\necho up; sleep 60`, JSON.stringify(options)])
    onTestFinished(() => void server.kill('SIGKILL'))
    const exited = once(server, 'exit')
    const [said] = await once(server.stdout, 'data') as [Buffer]
    expect(findByCommandLine(length).length).toBeGreaterThanOrEqual(8)
    return { server, exited, executorPid: Number(said) }
  }

  it.each(['sandbox', ...hasGroups ? ['process'] : []])('by kill -9 leaves neither an executor nor a process at level %s', async (level) => {
    const length = nextLength()
    const { server } = await startServer(level, length, { cgroups: level === 'process' })
    server.kill('SIGKILL')
    await until(() => findByCommandLine(length).length === 0)
  })

  it.runIf(hasGroups)('with its executor leaves processes at level process, which the next one finds by their control groups', async () => {
    const length = nextLength()
    const { server, exited, executorPid } = await startServer('process', length, { cgroups: true })
    process.kill(server.pid!, 'SIGSTOP') // It must not see its executor die: it would clear up.
    process.kill(executorPid, 'SIGKILL')
    server.kill('SIGKILL')
    await exited
    expect(findByCommandLine(length).length).toBeGreaterThanOrEqual(8)
    const { cgroup, killedProcesses } = await delegateCgroup(runAs)
    await cgroup?.release()
    expect(killedProcesses).toBeGreaterThanOrEqual(8)
    expect(findByCommandLine(length)).toEqual([])
  })
})
