import type { ServerProcess, Spawned } from './process-harness.ts'
import type { Client } from './server-harness.ts'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freshDatabase } from './conformance-harness.ts'
import { runServer, startServerProcess } from './process-harness.ts'

export const SECRET_KEY = 'a key that every process of the cluster has'

export interface WorkerProcess extends Spawned {
  /** Of its health. */
  url: string
  dataDir: string
}

export interface Cluster {
  databaseUrl: string
  server: (env?: Record<string, string>) => Promise<ServerProcess>
  worker: (env?: Record<string, string>) => Promise<WorkerProcess>
  /** What every process of it has in its environment. */
  env: Record<string, string>
  folder: () => Promise<string>
  /** Kills what still runs. */
  stop: () => Promise<void>
}

/** Processes that share nothing but a PostgreSQL and a key: each has a data folder of its own. Who opens it stops it. */
export async function openCluster(databaseUrl?: string): Promise<Cluster> {
  const { databaseUrl: url, remove } = databaseUrl === undefined ? await freshDatabase('postgresql') : { databaseUrl, remove: async () => {} }
  const env = { DATABASE_URL: url, AGENTOS_SECRET_KEY: SECRET_KEY }
  const processes: Spawned[] = []
  const folders: string[] = []
  const folder = async () => {
    folders.push(await mkdtemp(join(tmpdir(), 'agentos-cluster-')))
    return folders.at(-1)!
  }
  const kept = <T extends Spawned>(spawned: T): T => {
    processes.push(spawned)
    return spawned
  }
  return {
    databaseUrl: url,
    env,
    folder,
    server: async more => kept(await startServerProcess(await folder(), { env: { ...env, AGENTOS_ROLE: 'server', ...more }, isShared: true })),
    async worker(more) {
      const dataDir = await folder()
      const spawned = kept(runServer(dataDir, { ...env, AGENTOS_ROLE: 'worker', ...more }, true))
      const [, address] = /(http:\S+)/.exec(await spawned.says(/Database: /))!
      return { ...spawned, url: address!, dataDir }
    },
    async stop() {
      await Promise.all(processes.map(async ({ child, exited }) => {
        child.kill('SIGKILL')
        await exited
      }))
      await Promise.all(folders.map(path => rm(path, { recursive: true, force: true })))
      await remove()
    },
  }
}

/** The whole log of a run, once it has ended, as a server streams it; `seen` is called with each batch. */
type Seen = (events: { type: string, seq: number, at: string, data: unknown }[]) => void

export function followToEnd(client: Client, runId: string, seen: Seen = () => {}): Promise<string[]> {
  const types: string[] = []
  return new Promise((resolve, reject) => {
    client.events.follow.subscribe({ runId }, {
      onData({ data }) {
        types.push(...data.map(event => event.type))
        seen(data)
      },
      onComplete: () => resolve(types),
      onError: reject,
    })
  })
}

/** Resolves with what `look` gives once it gives anything. */
export async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found)
      return found
    await sleep(50)
  }
}

export async function metricsOf({ url, dataDir }: Pick<WorkerProcess, 'url' | 'dataDir'>): Promise<string> {
  const token = (await readFile(join(dataDir, 'metrics.token'), 'utf8')).trim()
  return (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()
}
