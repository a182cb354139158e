import type { Fault } from '../fault.ts'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { startServer } from '../server-under-test.ts'

const RESTARTING = 1012

export const deploy: Fault = {
  name: 'deploy',
  title: 'SIGTERM the server, start the next one',
  databases: ['sqlite', 'postgresql'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    const load = await startLoad(ground, { servers: [server], lanes: 6 })
    const stops = ground.times(10, 2)
    for (let stop = 0; stop < stops; stop++) {
      await pause(ground.random.int(300, 1_500))
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`, { headers: { authorization: `Bearer ${server.credential}` } })
      await once(socket, 'open')
      const closed = once(socket, 'close')
      ground.must(await server.kill('SIGTERM') === 0, `it did not stop in order: ${server.said()}`)
      const [code] = await closed
      ground.must(code === RESTARTING, `a socket was closed with ${String(code)}, and not with ${RESTARTING}`)
      await server.start()
    }
    await load.settle()
    await server.kill('SIGTERM')
    await judge(ground, load)
    return { runs: load.runs(), kills: stops }
  },
}
