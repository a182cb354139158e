import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { startFleet } from '../fleet.ts'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'

export const rollingRestart: Fault = {
  name: 'rolling',
  title: 'SIGTERM 2 servers and 3 workers one after the other, start the next ones, runs going on',
  databases: ['postgresql'],
  isShort: false,
  async run(ground) {
    const fleet = await startFleet(ground, { servers: 2, workers: 3 })
    const load = await startLoad(ground, { servers: fleet.servers, lanes: 6 })
    const rounds = ground.times(3, 1)
    let stops = 0
    for (let round = 0; round < rounds; round++) {
      for (const one of [...fleet.servers, ...fleet.workers]) {
        await pause(ground.random.int(300, 1_500))
        ground.must(await one.kill('SIGTERM') === 0, `it did not stop in order: ${one.said()}`)
        await one.start()
        stops++
      }
    }
    await load.settle()
    await fleet.stop()
    await judge(ground, load)
    return { runs: load.runs(), kills: stops }
  },
}
