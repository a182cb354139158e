import type { Figure } from './figure.ts'
import { dataFolder, removeFolder } from './server-process.ts'
import { countEvents, openViewer, startMeasured } from './viewer.ts'

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

async function run(script: string, sockets: number, events: number, messages: string[] = []): Promise<{ perSecond: number, messages: string[] }> {
  const folder = await dataFolder()
  const server = await startMeasured(script, [folder, String(events)])
  try {
    const seen = new Viewers(events, sockets)
    const viewers = await Promise.all(Array.from({ length: sockets }, (_, index) => openViewer(server.hello, text => seen.message(index, text))))
    const startedAt = performance.now()
    server.tell({ append: true, messages })
    await seen.done
    const perSecond = sockets * events / (performance.now() - startedAt) * 1000
    for (const viewer of viewers)
      viewer.terminate()
    return { perSecond, messages: seen.recorded }
  }
  finally {
    await server.stop()
    await removeFolder(folder)
  }
}

/** How many events each viewer still waits for, and what the first one was sent. */
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
    const count = countEvents(text)
    if (count === 0)
      return
    if (viewer === 0)
      this.recorded.push(text)
    this.#left[viewer]! -= count
    if (this.#left[viewer]! <= 0 && --this.#open === 0)
      this.#finish()
  }
}
