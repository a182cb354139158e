import type { Figure } from './figure.ts'
import type { Hello } from './viewer.ts'
import { dataFolder, removeFolder } from './server-process.ts'
import { countEvents, openViewer, startMeasured } from './viewer.ts'

const CLIENTS = 1000
const EVENTS = 500

/** Clients that all come back at the same moment and read one log from its beginning. Server in a process of its own. */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  const server = await startMeasured('./fan-out-server.ts', [folder, String(EVENTS)])
  try {
    await server.ask({ append: true })
    const startedAt = performance.now()
    await server.ask({ watchLoop: true })
    await Promise.all(Array.from({ length: CLIENTS }, () => readAll(server.hello)))
    const tookMs = performance.now() - startedAt
    const { longestStallMs } = await server.ask({ watchLoop: false }) as { longestStallMs: number }
    const what = `reconnect storm, ${CLIENTS} clients × ${EVENTS} events`
    return [
      { what, value: tookMs / 1000, unit: 's', limit: null, limitIs: '', target: { atMost: 3 } },
      { what: 'the same, longest stall of the loop', value: longestStallMs, unit: 'ms', limit: null, limitIs: '', target: { atMost: 200 } },
    ]
  }
  finally {
    await server.stop()
    await removeFolder(folder)
  }
}

async function readAll(hello: Hello): Promise<void> {
  const all = Promise.withResolvers<void>()
  let left = EVENTS
  const viewer = await openViewer(hello, (text) => {
    left -= countEvents(text)
    if (left <= 0)
      all.resolve()
  })
  await all.promise
  viewer.terminate()
}
