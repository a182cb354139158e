import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { startServer } from '../server-under-test.ts'

/** The promise is 2 s on a machine of its own; this one may have others on it. */
const SLOWEST_START_MS = 10_000

export const killServer: Fault = {
  name: 'kill-server',
  title: 'kill -9 the server mid-append',
  databases: ['sqlite', 'postgresql'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    const load = await startLoad(ground, { servers: [server], lanes: 8 })
    const kills = ground.times(50, 3)
    const startsMs: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      await pause(ground.random.int(100, 900))
      await server.kill('SIGKILL')
      const startedAt = performance.now()
      await server.start()
      startsMs.push(performance.now() - startedAt)
    }
    await load.settle()
    ground.must(await server.kill('SIGTERM') === 0, `it did not stop in order: ${server.said()}`)
    const sorted = startsMs.toSorted((one, other) => one - other)
    ground.note(`up again after ${(sorted[Math.floor(sorted.length / 2)]! / 1000).toFixed(2)} s (median), ${(sorted.at(-1)! / 1000).toFixed(2)} s (slowest)`)
    ground.must(sorted.at(-1)! < SLOWEST_START_MS, `a start took ${(sorted.at(-1)! / 1000).toFixed(1)} s`)
    await judge(ground, load)
    return { runs: load.runs(), kills }
  },
}
