import type { RunEvent } from '../../../../client/src/index.ts'
import type { SeenLog } from '../../checker/clients.ts'
import type { Fault } from '../fault.ts'
import type { Ground } from '../ground.ts'
import type { ServerUnderTest } from '../server-under-test.ts'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createAgentOS } from '../../../../client/src/index.ts'
import { judge } from '../judge.ts'
import { peakBytes } from '../processes.ts'
import { startProxy } from '../proxy.ts'
import { startServer } from '../server-under-test.ts'
import { watchStalls } from '../stalls.ts'

const MiB = 1024 * 1024
const LONG_BYTES = 16_000_000
const LONG = `name: long\nisolation: process\nlimits: { output: 20MiB }\nsteps:\n  - run: yes "$(head -c 500 /dev/zero | tr "\\\\0" x)" | head -c ${LONG_BYTES}\n`
const SLOW = 'name: slow\nisolation: process\nsteps:\n  - run: for i in $(seq 1 300); do echo line $i; sleep 0.2; done\n'

interface Message { id: number, result?: { type: string, data?: { data: RunEvent[] } }, error?: { data?: { code?: string } } }

export const slowReader: Fault = {
  name: 'slow-reader',
  title: 'slow WebSocket readers',
  databases: ['sqlite'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    const run = await submit(ground, server, LONG)
    const atRest = peakBytes(server.pid)
    const stalls = await watchStalls(ground, server.url)
    const readers = await Promise.all(Array.from({ length: 50 }, () => openReader(server, run.id)))
    for (const { socket } of readers)
      socket.pause()
    await pause(ground.times(5_000, 1_000))
    stalls.judge(ground, 'while readers did not read')
    const moreBytes = peakBytes(server.pid) - atRest
    ground.note(`${readers.length} readers that stopped reading cost ${Math.round(moreBytes / MiB)} MiB`)
    // What is bounded does not grow with the log. Fifty, since with ten it is lost in what a collector of garbage is late by (65 to 106 MiB;
    // fifty: 96 to 193, beside other tests 370).
    ground.must(moreBytes < readers.length * LONG_BYTES / 2, `readers that do not read made it grow by ${Math.round(moreBytes / MiB)} MiB, of the ${Math.round(readers.length * LONG_BYTES / MiB)} MiB that they asked for`)
    for (const { socket } of readers)
      socket.resume()
    await Promise.all(readers.map(({ whole }) => whole))
    const seen = readers.map(({ log }) => log)
    readers.forEach(({ socket }) => socket.terminate())
    await server.kill('SIGTERM')
    await judge(ground, { acknowledged: [{ kind: 'submitted', runId: run.id, task: run.task }], seen })
    return { runs: 1, kills: readers.length }
  },
}

export const badCursors: Fault = {
  name: 'bad-cursors',
  title: 'cursors beyond the end, negative, "abc", of another run',
  databases: ['sqlite', 'postgresql'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    const run = await submit(ground, server, 'name: short\nisolation: process\nsteps: [{ run: echo done }]\n')
    const asked: [object, string][] = [
      [{ runId: run.id, after: 1_000_000 }, 'BAD_REQUEST'],
      [{ runId: run.id, after: -1 }, 'BAD_REQUEST'],
      [{ runId: run.id, after: 'abc' }, 'BAD_REQUEST'],
      [{ runId: run.id, after: 1.5 }, 'BAD_REQUEST'],
      [{ runId: run.id, lastEventId: 'abc' }, 'BAD_REQUEST'],
      [{ runId: run.id, lastEventId: '99999999999999999999' }, 'BAD_REQUEST'],
      [{ runId: 'of-nobody', after: 0 }, 'NOT_FOUND'],
      [{}, 'BAD_REQUEST'],
    ]
    const socket = await openSocket(server)
    for (const [id, [input, code]] of asked.entries()) {
      socket.send(JSON.stringify({ id, method: 'subscription', params: { path: 'events.follow', input } }))
      const [data] = await once(socket, 'message')
      const answer = JSON.parse(String(data)) as Message
      ground.must(answer.error?.data?.code === code, `${JSON.stringify(input)} was answered with ${JSON.stringify(answer).slice(0, 200)}`)
    }
    socket.terminate()
    await server.kill('SIGTERM')
    await judge(ground)
    return { runs: 1, kills: asked.length }
  },
}

export const reconnects: Fault = {
  name: 'reconnects',
  title: '1,000 readers come back at once',
  databases: ['sqlite', 'postgresql'],
  isShort: false,
  async run(ground) {
    const server = await startServer(ground)
    const proxy = await startProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
    ground.onEnd(() => proxy.stop())
    const through = { ...server, url: `http://127.0.0.1:${proxy.port}`, credential: server.credential }
    const started = await startRun(ground, server, SLOW)
    const clients = Array.from({ length: 1_000 }, () => createAgentOS({ url: through.url, apiKey: through.credential }))
    ground.onEnd(() => Promise.all(clients.map(client => client.close())))
    const seen: SeenLog[] = []
    const following = clients.map(async (client, index) => {
      const log: SeenLog = { client: `reader ${index}`, runId: started.id, after: 0, events: [], isWhole: false }
      seen.push(log)
      for await (const event of client.runs.follow(started.id))
        log.events.push(event as SeenLog['events'][number]) // what JSON leaves of one
      log.isWhole = true
    })
    while (seen.length < clients.length || seen.some(({ events }) => events.length === 0))
      await pause(100)
    const stalls = await watchStalls(ground, server.url)
    proxy.cutAll()
    await Promise.all(following)
    stalls.judge(ground, 'while 1,000 readers came back')
    await server.kill('SIGTERM')
    await judge(ground, { acknowledged: [{ kind: 'submitted', runId: started.id, task: started.task }], seen })
    return { runs: 1, kills: proxy.cuts() }
  },
}

export const halfOpen: Fault = {
  name: 'half-open',
  title: 'half-open TCP',
  databases: ['sqlite'],
  isShort: false,
  async run(ground) {
    const server = await startServer(ground)
    const proxy = await startProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
    ground.onEnd(() => proxy.stop())
    const run = await startRun(ground, server, SLOW)
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openReader({ ...server, url: `http://127.0.0.1:${proxy.port}`, credential: server.credential }, run.id)))
    ground.onEnd(() => sockets.forEach(({ socket }) => socket.terminate()))
    const before = await countSockets(server)
    ground.must(before === sockets.length, `${before} sockets are open, and not ${sockets.length}`)
    proxy.freeze()
    const until = performance.now() + 90_000
    while (await countSockets(server) > 0 && performance.now() < until)
      await pause(500)
    ground.must(await countSockets(server) === 0, `sockets whose network is gone are still held after 90 s`)
    await server.kill('SIGTERM')
    await judge(ground, { acknowledged: [], seen: sockets.map(({ log }) => log) })
    return { runs: 1, kills: sockets.length }
  },
}

async function submit(ground: Ground, server: ServerUnderTest, source: string): Promise<{ id: string, task: string }> {
  const run = await startRun(ground, server, source)
  const client = createAgentOS({ url: server.url, apiKey: server.credential })
  await client.runs.result(run.id)
  await client.close()
  return run
}

async function startRun(ground: Ground, server: ServerUnderTest, source: string): Promise<{ id: string, task: string }> {
  const client = createAgentOS({ url: server.url, apiKey: server.credential })
  return client.runs.submit({ manifest: { source }, task: ground.mark })
}

async function openSocket({ url, credential }: Pick<ServerUnderTest, 'url' | 'credential'>): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`, { headers: { authorization: `Bearer ${credential}` }, perMessageDeflate: false })
  socket.on('error', () => {})
  await once(socket, 'open')
  return socket
}

/** A subscription to the whole log on a socket of its own. */
async function openReader(server: Pick<ServerUnderTest, 'url' | 'credential'>, runId: string): Promise<{ socket: WebSocket, log: SeenLog, whole: Promise<void> }> {
  const socket = await openSocket(server)
  const log: SeenLog = { client: 'a reader', runId, after: 0, events: [], isWhole: false }
  const whole = new Promise<void>(resolve => socket.on('message', (data) => {
    const { result } = JSON.parse(String(data)) as Message
    log.events.push(...(result?.data?.data ?? []) as SeenLog['events']) // what JSON leaves of them
    if (result?.type === 'stopped') {
      log.isWhole = true
      resolve()
    }
  }))
  socket.send(JSON.stringify({ id: 1, method: 'subscription', params: { path: 'events.follow', input: { runId } } }))
  return { socket, log, whole }
}

async function countSockets({ url, credential }: ServerUnderTest): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${credential}` } })
  return Number(/^agentos_sockets (\d+)/m.exec(await response.text())?.[1])
}
