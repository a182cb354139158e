import type { Fault, Tally } from '../fault.ts'
import type { Ground } from '../ground.ts'
import type { ServerUnderTest } from '../server-under-test.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { judge } from '../judge.ts'
import { startLoad } from '../load.ts'
import { startServer } from '../server-under-test.ts'

const PAUSE_MS = 10_000
const BACK_MS = 30_000

export const killPostgres: Fault = {
  name: 'kill-postgres',
  title: 'kill -9 postgres under load',
  databases: ['postgresql'],
  isShort: false,
  run: ground => underLoad(ground, 5, async (server) => {
    await ground.cluster!.kill()
    ground.must(await becomes(server, 503, 5_000), '/ready did not say that the database is away')
    await ground.cluster!.start()
    ground.must(await becomes(server, 200, BACK_MS), '/ready did not say that the database is back')
  }),
}

export const terminateBackends: Fault = {
  name: 'terminate-backends',
  title: 'terminate random backends',
  databases: ['postgresql'],
  isShort: true,
  run: ground => underLoad(ground, ground.times(40, 8), async () => {
    await ground.cluster!.terminate(ground.databaseUrl, pids => pids.filter(() => ground.random.chance(0.5)))
  }),
}

export const pausePostgres: Fault = {
  name: 'pause-postgres',
  title: 'pause postgres for 10 s',
  databases: ['postgresql'],
  isShort: false,
  run: ground => underLoad(ground, 2, async (server) => {
    ground.cluster!.pause()
    ground.onEnd(() => ground.cluster!.goOn())
    ground.must(await becomes(server, 503, PAUSE_MS), '/ready did not say that the database is away')
    await pause(PAUSE_MS)
    ground.cluster!.goOn()
    ground.must(await becomes(server, 200, BACK_MS), '/ready did not say that the database is back')
  }),
}

/** The server stays up, whatever is done to its database. */
async function underLoad(ground: Ground, times: number, act: (server: ServerUnderTest) => Promise<void>): Promise<Tally> {
  const server = await startServer(ground)
  const { pid } = server
  const load = await startLoad(ground, { servers: [server], lanes: 6 })
  for (let time = 0; time < times; time++) {
    await pause(ground.random.int(200, 1_500))
    await act(server)
  }
  await load.settle()
  ground.must(server.pid === pid && await server.kill('SIGTERM') === 0, `the server did not outlive it: ${server.said()}`)
  await judge(ground, load)
  return { runs: load.runs(), kills: times }
}

async function becomes({ url }: ServerUnderTest, status: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs
  while (performance.now() < until) {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
    if (response?.status === status)
      return true
    await pause(50)
  }
  return false
}
