/**
 * The real server with one run that nobody works on, for fan-out.ts and reconnect-storm.ts: when told, its log gets as many
 * events as asked, in batches, each durable before it is sent; when told, it watches how long its loop stalls.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { startApp } from '../../server/src/app.ts'
import { loadConfig } from '../../server/src/config/config.ts'
import { claimedRun, outputEvents } from './claimed-run.ts'

const BATCH = 20
const RESOLUTION_MS = 5
const [folder = '', events = ''] = process.argv.slice(2)

const config = loadConfig({ AGENTOS_DATA_DIR: folder, AGENTOS_LOG_LEVEL: 'error' })
const app = await startApp({ ...config, port: 0 }, { quiet: true })
const ref = await claimedRun(app.db)
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

process.on('message', (order: { append?: boolean, watchLoop?: boolean }) => {
  if (order.append)
    void append().then(() => process.send?.({ appended: true }))
  if (order.watchLoop === true) {
    delay.reset()
    delay.enable()
    process.send?.({ watching: true })
  }
  if (order.watchLoop === false) {
    delay.disable()
    process.send?.({ longestStallMs: delay.max / 1e6 })
  }
})
process.on('SIGTERM', () => void app.stop().then(() => process.exit(0)))
process.send?.({
  url: `${app.url.replace('http', 'ws')}/trpc`,
  headers: { authorization: `Bearer ${app.credential}` },
  subscribe: JSON.stringify({ id: 1, jsonrpc: '2.0', method: 'subscription', params: { path: 'events.follow', input: { runId: ref.runId, after: 0 } } }),
})

async function append(): Promise<void> {
  for (let left = Number(events); left > 0; left -= BATCH)
    await app.log.append(ref, outputEvents(BATCH))
}
