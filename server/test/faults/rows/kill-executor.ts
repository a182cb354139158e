import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { executorsOf, signal } from '../processes.ts'
import { startServer } from '../server-under-test.ts'

export const killExecutor: Fault = {
  name: 'kill-executor',
  title: 'kill -9 the executor',
  databases: ['sqlite', 'postgresql'],
  isShort: true,
  async run(ground) {
    const server = await startServer(ground)
    const { pid } = server
    const load = await startLoad(ground, { servers: [server], lanes: 6 })
    let kills = 0
    for (const until = ground.times(20, 3); kills < until;) {
      await pause(ground.random.int(300, 1_200))
      const executors = executorsOf(pid)
      if (executors.length > 0) {
        signal(ground.random.pick(executors), 'SIGKILL')
        kills++
      }
    }
    await load.settle()
    ground.must(await server.kill('SIGTERM') === 0, `the server did not outlive its executors: ${server.said()}`)
    const words = load.seen.flatMap(({ events }) => events.map(event => JSON.stringify(event.data)))
    ground.must(words.some(text => text.includes('SIGKILL')), 'no run says which signal ended its executor')
    await judge(ground, load)
    return { runs: load.runs(), kills }
  },
}
