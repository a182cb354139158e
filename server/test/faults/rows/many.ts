import type { Fault } from '../fault.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { startFleet } from '../fleet.ts'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'

/** So long one after the other is killed, as soon as one is up. */
const STORM_MS = 60_000
/** From then on one at a time, now and then, until the last run is submitted: the machine has to get somewhere. */
const CALM_MS = [8_000, 16_000] as const
/** Of the machine: the runs that are left when the killing is over are done in this time. */
const DRAIN_MS = 1_800_000
const LANES = 64

export const manyUnderKills: Fault = {
  name: 'many',
  title: '2 servers, 4 workers, many short runs, random kills throughout',
  databases: ['postgresql'],
  isShort: false,
  async run(ground) {
    const fleet = await startFleet(ground, { servers: 2, workers: 4 })
    const up = new Set([...fleet.servers, ...fleet.workers])
    const starting: Promise<unknown>[] = []
    const startedAt = performance.now()
    const load = await startLoad(ground, { servers: fleet.servers, lanes: LANES, agents: ['tiny'], shares: { doubled: 0.02, stopped: 0.02, unwatched: 0.9 }, most: ground.runs })
    let kills = 0
    let stormed = 0
    let isSubmitting = true
    const submitting = load.finished.then(() => isSubmitting = false)
    while (isSubmitting && performance.now() - startedAt < DRAIN_MS) {
      const isStorm = performance.now() - startedAt < STORM_MS
      if (isStorm)
        stormed = load.runs()
      await (isStorm ? pause(ground.random.int(100, 500)) : Promise.race([submitting, pause(ground.random.int(...CALM_MS), undefined, { ref: false })]))
      if (!isSubmitting || up.size < (isStorm ? 1 : fleet.servers.length + fleet.workers.length))
        continue
      const victim = ground.random.pick([...up])
      up.delete(victim)
      await victim.kill('SIGKILL')
      kills++
      starting.push(victim.start().then(() => up.add(victim)))
    }
    await Promise.all(starting)
    await load.settle()
    await drained(fleet.servers[0]!)
    const seconds = (performance.now() - startedAt) / 1_000
    ground.note(`${kills} processes were killed, ${stormed} of ${load.runs()} runs were submitted while they were killed as fast as they came up; all were over after ${seconds.toFixed(0)} s: ${(load.runs() / seconds).toFixed(1)} runs/s`)
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
