import type { Figure } from './figure.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { dataFolder, removeFolder } from './server-process.ts'

/**
 * One run that writes EVENTS events while SOCKETS viewers follow it: events delivered per second over all of them, beside a
 * bare ws server that sends the same bytes in the same messages. Servers in a process of their own, viewers here.
 */
export async function measure(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [sockets, events] of [[100, 10_000], [1000, 2_000]] as const) {
    const ours = await run('./fan-out-server.ts', sockets, events)
    const bare = await run('./fan-out-bare.ts', sockets, events, ours.messages)
    figures.push({
      what: `live fan-out, ${sockets} sockets`,
      value: ours.perSecond,
      unit: 'events/s',
      limit: bare.perSecond,
      limitIs: 'bare ws, the same bytes in the same messages',
      target: { ratioAtLeast: 0.9 },
    })
  }
  return figures
}

interface Hello { url: string, headers: Record<string, string>, subscribe: string | null }

async function run(script: string, sockets: number, events: number, messages: string[] = []): Promise<{ perSecond: number, messages: string[] }> {
  const folder = await dataFolder()
  const server = fork(fileURLToPath(new URL(script, import.meta.url)), [folder, String(events)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(server, 'exit')
  try {
    const hello = await ready(server)
    const seen = new Viewers(events, sockets)
    const viewers = await Promise.all(Array.from({ length: sockets }, (_, index) => view(hello, text => seen.message(index, text))))
    const startedAt = performance.now()
    server.send({ go: true, messages })
    await seen.done
    const perSecond = sockets * events / (performance.now() - startedAt) * 1000
    for (const viewer of viewers)
      viewer.terminate()
    return { perSecond, messages: seen.recorded }
  }
  finally {
    server.kill('SIGTERM')
    await exited
    await removeFolder(folder)
  }
}

async function ready(server: ReturnType<typeof fork>): Promise<Hello> {
  const ended = once(server, 'exit').then(([code]) => { throw new Error(`the measured server ended with exit code ${code}`) })
  const [hello] = await Promise.race([once(server, 'message'), ended]) as [Hello]
  ended.catch(() => {})
  return hello
}

async function view({ url, headers, subscribe }: Hello, onMessage: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false })
  socket.on('message', data => onMessage(String(data)))
  await once(socket, 'open')
  if (subscribe)
    socket.send(subscribe)
  return socket
}

/** Counts events without parsing what it need not: each event of a batch carries its seq once. */
class Viewers {
  readonly recorded: string[] = []
  readonly done: Promise<void>
  readonly #left: Int32Array
  #open: number
  #finish = () => {}

  constructor(events: number, sockets: number) {
    this.#left = new Int32Array(sockets).fill(events)
    this.#open = sockets
    this.done = new Promise((resolve) => { this.#finish = resolve })
  }

  message(viewer: number, text: string): void {
    let count = 0
    for (let at = text.indexOf('"type":"step.output"'); at !== -1; at = text.indexOf('"type":"step.output"', at + 1))
      count++
    if (count === 0)
      return
    if (viewer === 0)
      this.recorded.push(text)
    this.#left[viewer]! -= count
    if (this.#left[viewer]! <= 0 && --this.#open === 0)
      this.#finish()
  }
}
