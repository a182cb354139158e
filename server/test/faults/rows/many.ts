import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { startFleet } from '../fleet.ts'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'

const KILLING_MS = 60_000
/** Of the machine: the runs that are left when the killing is over are done in this time. */
const DRAIN_MS = 1_800_000
const LANES = 64

export const manyUnderKills: Fault = {
  name: 'many',
  title: '2 servers, 4 workers, many short runs, random kills for 60 s',
  databases: ['postgresql'],
  isShort: false,
  async run(ground) {
    const fleet = await startFleet(ground, { servers: 2, workers: 4 })
    const up = new Set([...fleet.servers, ...fleet.workers])
    const starting: Promise<unknown>[] = []
    const startedAt = performance.now()
    const load = await startLoad(ground, { servers: fleet.servers, lanes: LANES, agents: ['tiny'], shares: { doubled: 0.02, stopped: 0.02, unwatched: 0.9 }, most: ground.runs })
    let kills = 0
    while (performance.now() - startedAt < KILLING_MS) {
      await pause(ground.random.int(100, 500))
      if (up.size === 0)
        continue
      const victim = ground.random.pick([...up])
      up.delete(victim)
      await victim.kill('SIGKILL')
      kills++
      starting.push(victim.start().then(() => up.add(victim)))
    }
    await Promise.all(starting)
    const submitted = load.runs()
    await Promise.race([load.finished, pause(DRAIN_MS, undefined, { ref: false })])
    await load.settle()
    await drained(fleet.servers[0]!)
    const seconds = (performance.now() - startedAt) / 1_000
    ground.note(`${submitted} of ${load.runs()} runs were submitted while ${kills} processes were killed; all were over after ${seconds.toFixed(0)} s: ${(load.runs() / seconds).toFixed(1)} runs/s`)
    await fleet.stop()
    await judge(ground, load)
    return { runs: load.runs(), kills }
  },
}

/** Until nothing is queued or running: most of these runs are followed by nobody. */
async function drained({ url, credential }: { url: string, credential: string }): Promise<void> {
  const until = performance.now() + DRAIN_MS
  while (performance.now() < until) {
    const text = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${credential}` } }).then(response => response.text(), () => '')
    const [queued, running] = ['queued', 'running'].map(status => Number(new RegExp(String.raw`^agentos_runs\{status="${status}"\} (\d+)`, 'm').exec(text)?.[1] ?? Number.NaN))
    if (queued === 0 && running === 0)
      return
    await pause(500)
  }
}
