import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { startProxy } from '../proxy.ts'
import { startServer } from '../server-under-test.ts'

/** Of transactions, and of appends, which are a transaction each: the server cannot know whether it was done. */
const COMMIT_SHARE = 0.15
const APPEND_SHARE = 0.05

export const cutCommits: Fault = {
  name: 'cut-commits',
  title: 'cut connections in mid-COMMIT through a TCP proxy',
  databases: ['postgresql'],
  isShort: true,
  async run(ground) {
    const url = new URL(ground.databaseUrl)
    const random = ground.random.fork('proxy')
    let isCutting = false
    const proxy = await startProxy({ host: url.hostname, port: Number(url.port) }, (piece) => {
      const share = piece.includes('COMMIT') ? COMMIT_SHARE : piece.includes('step.') ? APPEND_SHARE : 0
      return isCutting && random.chance(share) ? random.pick(['before', 'after'] as const) : 'pass'
    })
    ground.onEnd(() => proxy.stop())
    url.port = String(proxy.port)
    const server = await startServer(ground, { env: { DATABASE_URL: url.href } })
    const load = await startLoad(ground, { servers: [server], lanes: 6 })
    isCutting = true
    for (const until = performance.now() + ground.times(60_000, 4_000); performance.now() < until || proxy.cuts() < 3;)
      await pause(100)
    isCutting = false
    await load.settle()
    ground.must(await server.kill('SIGTERM') === 0, `the server did not outlive it: ${server.said()}`)
    await judge(ground, load)
    return { runs: load.runs(), kills: proxy.cuts() }
  },
}
