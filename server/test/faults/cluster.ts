import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { startTemporaryPostgres } from '../../src/store/develop/temporary-postgres.ts'
import { childrenOf, isAlive, signal } from './processes.ts'

/** A PostgreSQL that may be killed, paused and started again with what its disk has. */
export interface Cluster {
  /** Resolves to the address of a new one. */
  createDatabase: (name: string) => Promise<string>
  /** Ends connections of a database, so many, chosen by their place among them; all when left out. Resolves to how many. */
  terminate: (databaseUrl: string, choose?: (pids: number[]) => number[]) => Promise<number>
  /** Only those that wait for bells. */
  terminateListening: (databaseUrl: string) => Promise<number>
  kill: () => Promise<void>
  start: () => Promise<void>
  /** Every process of it stands still, its sockets stay open. */
  pause: () => void
  goOn: () => void
  stop: () => Promise<void>
}

export async function startCluster(): Promise<Cluster> {
  // What it has answered is on the disk: it is killed.
  const postgres = await startTemporaryPostgres({ durable: true })
  const ask = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client(`${postgres.url}/postgres`)
    client.on('error', () => {})
    await client.connect()
    try {
      return await work(client)
    }
    finally {
      await client.end()
    }
  }
  const pid = (): number => Number(readFileSync(`${postgres.dataDir}/postmaster.pid`, 'utf8').split('\n')[0])
  const all = (): number[] => [pid(), ...childrenOf(pid())]

  return {
    async createDatabase(name) {
      await ask(client => client.query(`CREATE DATABASE ${name}`))
      return `${postgres.url}/${name}`
    },
    terminate: (databaseUrl, choose = pids => pids) => ask(async (client) => {
      const { rows } = await client.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() ORDER BY pid`, [new URL(databaseUrl).pathname.slice(1)])
      const chosen = choose(rows.map(row => row.pid))
      await client.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [chosen])
      return chosen.length
    }),
    terminateListening: databaseUrl => ask(async (client) => {
      const { rows } = await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'agentos bells'`, [new URL(databaseUrl).pathname.slice(1)])
      return rows.length
    }),
    async kill() {
      const pids = all()
      signal(pids[0]!, 'SIGKILL')
      // Its children notice that it is gone, and go; until then the folder cannot be opened again.
      while (pids.some(isAlive))
        await pause(20)
    },
    start: () => postgres.start(),
    pause: () => all().forEach(one => signal(one, 'SIGSTOP')),
    goOn: () => all().forEach(one => signal(one, 'SIGCONT')),
    stop: () => postgres.stop(),
  }
}
