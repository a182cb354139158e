import type { Ground } from './ground.ts'
import type { ServerUnderTest } from './server-under-test.ts'
import { createServerUnderTest } from './server-under-test.ts'

/** Servers and workers that share nothing but a PostgreSQL and a key. */
export interface Fleet { servers: ServerUnderTest[], workers: ServerUnderTest[], stop: () => Promise<void> }

/** Short, so that what a worker loses is soon taken over. */
const LEASE = '3s'

export async function startFleet(ground: Ground, o: { servers: number, workers: number, workerOptions?: (index: number) => string[] }): Promise<Fleet> {
  const create = (role: 'server' | 'worker', count: number): Promise<ServerUnderTest[]> => Promise.all(Array.from({ length: count }, (_, index) => createServerUnderTest(ground, {
    name: `${role}-${index + 1}`,
    env: { AGENTOS_ROLE: role, AGENTOS_LEASE: LEASE },
    nodeOptions: role === 'worker' ? o.workerOptions?.(index) ?? [] : [],
  })))
  const [servers, workers] = await Promise.all([create('server', o.servers), create('worker', o.workers)])
  // One after the other: the first one makes the tables.
  for (const one of [...servers, ...workers])
    await one.start()
  return {
    servers,
    workers,
    async stop() {
      for (const one of [...workers, ...servers])
        ground.must(await one.kill('SIGTERM') === 0, `one of them did not stop in order: ${one.said()}`)
    },
  }
}
