import type { Server, Socket } from 'node:net'
import type { ExecutorHost } from '../src/executor/host.ts'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, outputOf, performRun, startExecutor, testedWays } from './executor-harness.ts'

/** A worker's socket, as the gateway or the proxy has one. */
async function listen(onConnection: (socket: Socket) => void): Promise<{ socketPath: string, server: Server }> {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-socket-'))
  chmodSync(folder, 0o755)
  const socketPath = join(folder, 's')
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(socketPath)
  await once(server, 'listening')
  chmodSync(socketPath, 0o666)
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  return { socketPath, server }
}

/** Says a word, ends its side, and prints what comes back. */
const client = (port: number, word: string) => `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(PeerAddr=>"127.0.0.1",PeerPort=>${port},Timeout=>5) or die "refused\\n"; print $s "${word}"; $s->shutdown(1); print <$s>'`

const forRelay = 'for p in /proc/[0-9]*; do grep -q -a "^agentos relay" $p/cmdline && '

function answering(name: string) {
  return (socket: Socket) => {
    let said = ''
    socket.on('data', (bytes) => { said += bytes }).on('error', () => {}).on('end', () => socket.end(`${name} heard ${said}\n`))
  }
}

describe.each(testedWays())('ports of the loopback in level sandbox by %s', (way) => {
  let host: ExecutorHost & AsyncDisposable
  beforeAll(async () => {
    host = await startExecutor({ sandboxBy: [way] })
  })
  afterAll(() => host[Symbol.asyncDispose]())

  it('lead to the sockets of the worker, each to its own, and each side may end first', async () => {
    const [one, two] = [await listen(answering('one')), await listen(answering('two'))]
    const { outcome, events } = await performRun(host, {
      steps: [`${client(4101, 'hello')}; ${client(4102, 'again')}`],
      sandbox: { loopback: [{ port: 4101, socketPath: one.socketPath }, { port: 4102, socketPath: two.socketPath }] },
    })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(outputOf(events)).toBe('one heard hello\ntwo heard again\n')
  })

  it('are each run\'s own, also for runs at the same time', async () => {
    const doors = await Promise.all(['one', 'two', 'three'].map(name => listen(answering(name))))
    const runs = await Promise.all(doors.map(({ socketPath }) => performRun(host, { steps: [client(4101, 'me')], sandbox: { loopback: [{ port: 4101, socketPath }] } })))
    expect(runs.map(({ events }) => outputOf(events))).toEqual(['one heard me\n', 'two heard me\n', 'three heard me\n'])
  })

  it('carry megabytes to a reader that is slow, whole', async () => {
    const { socketPath } = await listen((socket) => {
      socket.on('error', () => {}).end(Buffer.alloc(8_000_000, 'x'))
    })
    const { events } = await performRun(host, {
      steps: [`perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(PeerAddr=>"127.0.0.1",PeerPort=>4101) or die; sleep 1; while(read $s,$b,65536){$n+=length $b} print $n'`],
      sandbox: { loopback: [{ port: 4101, socketPath }] },
    })
    expect(outputOf(events)).toBe('8000000')
  })

  it('need a relay that takes three of the run\'s processes, holds no descriptor of the session, and outlives a command that is ended', async () => {
    const { socketPath } = await listen(answering('still'))
    const { outcome, events } = await performRun(host, {
      steps: [`${forRelay}{ grep Threads $p/status; ls -l $p/fd; }; done; for fd in 1 2; do echo "own $(readlink /proc/$$/fd/$fd)"; done`, { run: 'sleep 60', timeoutMs: 200, continueOnError: true }, client(4101, 'here')],
      sandbox: { loopback: [{ port: 4101, socketPath }] },
    })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    const said = outputOf(events)
    expect(said).toMatch(/Threads:\s3\n/)
    const own = [...said.matchAll(/^own (.*)$/gm)].map(([, target]) => target!)
    expect(own).toHaveLength(2)
    for (const target of [...own, 'bin/node'])
      expect(said).not.toContain(`-> ${target}`)
    expect(said).toContain('still heard here')
  })

  it('are lost to a run that kills its relay, and to nobody else', async () => {
    const { socketPath } = await listen(answering('one'))
    const { outcome, events } = await performRun(host, {
      steps: [`${forRelay}kill -9 \${p##*/}; done; while ${client(4101, 'x')}; do sleep 0.05; done; echo gone`],
      sandbox: { loopback: [{ port: 4101, socketPath }] },
    })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(outputOf(events)).toContain('gone')
  })

  it('of which one cannot be had end the run with why', async () => {
    const { socketPath } = await listen(answering('one'))
    const { outcome } = await performRun(host, { steps: ['true'], sandbox: { loopback: [{ port: 4101, socketPath }, { port: 4101, socketPath }] } })
    expect(outcome).toMatchObject({ reason: 'spawn_error', detail: expect.stringContaining('EADDRINUSE') })
  })
})

it('no port of this machine is opened where the run has no network of its own', async () => {
  await using host = await startExecutor()
  const { socketPath } = await listen(answering('one'))
  const { outcome, events } = await performRun(host, { level: 'process', steps: ['true'], sandbox: { loopback: [{ port: 4101, socketPath }] } })
  expect(outcome).toMatchObject({ reason: 'spawn_error', detail: expect.stringContaining('no network of its own') })
  expect(dataOf(events, 'sandbox.opened')).toEqual([])
})
