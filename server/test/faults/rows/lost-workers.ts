import type { Fault, Tally } from '../fault.ts'
import type { Fleet } from '../fleet.ts'
import type { Ground } from '../ground.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { startFleet } from '../fleet.ts'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { signal } from '../processes.ts'

/** Longer than the lease of a fleet. */
const PAST_LEASE_MS = 6_000
const HOUR_MS = 3_600_000

export const killWorker: Fault = {
  name: 'kill-worker',
  title: 'kill -9 a worker',
  databases: ['postgresql'],
  isShort: true,
  run: ground => underFleet(ground, { times: ground.times(20, 2) }, async ({ workers }) => {
    const worker = ground.random.pick(workers)
    await worker.kill('SIGKILL')
    await pause(ground.random.int(0, 4_000))
    await worker.start()
  }),
}

export const pauseWorker: Fault = {
  name: 'pause-worker',
  title: 'SIGSTOP a worker past its lease, then SIGCONT',
  databases: ['postgresql'],
  isShort: false,
  run: ground => underFleet(ground, { times: 8 }, async ({ workers }) => {
    const { pid } = ground.random.pick(workers)
    signal(pid, 'SIGSTOP')
    await pause(PAST_LEASE_MS)
    signal(pid, 'SIGCONT')
  }),
}

export const jumpingClocks: Fault = {
  name: 'clock-jump',
  title: 'the clocks of workers jump by an hour, back and forth',
  databases: ['postgresql'],
  isShort: false,
  run: ground => underFleet(ground, { times: 10, workerOptions: index => ['--import', shifted(index % 2 === 0 ? HOUR_MS : -HOUR_MS)] }, () => pause(2_000)),
}

export const deafServers: Fault = {
  name: 'deaf',
  title: 'the LISTEN connections alone die',
  databases: ['postgresql'],
  isShort: false,
  run: ground => underFleet(ground, { times: 20 }, async () => {
    ground.must(await ground.cluster!.terminateListening(ground.databaseUrl) > 0, 'nobody was listening')
  }),
}

function shifted(ms: number): string {
  return new URL(`../processes-of-its-own/shift-clock.ts?ms=${ms}`, import.meta.url).href
}

interface Under { times: number, workerOptions?: (index: number) => string[] }

async function underFleet(ground: Ground, { times, workerOptions }: Under, act: (fleet: Fleet) => Promise<unknown>): Promise<Tally> {
  const fleet = await startFleet(ground, { servers: 2, workers: 2, ...workerOptions && { workerOptions } })
  const load = await startLoad(ground, { servers: fleet.servers, lanes: 6 })
  for (let time = 0; time < times; time++) {
    await pause(ground.random.int(500, 2_000))
    await act(fleet)
  }
  await load.settle()
  await fleet.stop()
  const attempts = load.seen.map(({ events }) => events.filter(({ type }) => type === 'attempt.started').length)
  ground.note(`${attempts.filter(count => count > 1).length} followed runs needed more than one attempt, ${Math.max(...attempts)} at most`)
  if (!workerOptions) // else their clocks cannot be compared with this one
    ground.note(`the longest wait for an event was ${slowestMs(load.seen)} ms`)
  await judge(ground, load)
  return { runs: load.runs(), kills: times }
}

/** Between two events of a run that goes on: a stream that is deaf would show here. */
function slowestMs(seen: { arrivals: number[], events: { type: string, at: string }[] }[]): number {
  const waits = seen.flatMap(({ arrivals, events }) => events.flatMap(({ type, at }, index) => type === 'step.output' ? [arrivals[index]! - Date.parse(at)] : []))
  return Math.round(Math.max(0, ...waits))
}
