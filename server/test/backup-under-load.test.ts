import type { AgentOS } from '../../client/src/index.ts'
import type { Database } from '../src/store/database.ts'
import type { Acknowledgement } from './checker/clients.ts'
import type { ServerProcess } from './process-harness.ts'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createAgentOS } from '../../client/src/index.ts'
import { openDatabase } from '../src/store/database.ts'
import { checkDatabase } from './checker.ts'
import { agentos } from './cli-harness.ts'
import { freshDatabase } from './conformance-harness.ts'
import { startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'

/** One that is soon over, and one that runs for as long as a file is there. */
function manifests(flag: string): string[] {
  return [
    'name: quick\nisolation: process\nsteps:\n  - { run: "echo one; sleep 0.1", idempotent: true }\n  - { run: "head -c 300000 /dev/urandom", idempotent: true }\n',
    `name: slow\nisolation: process\nsteps:\n  - { run: "while [ -e ${flag} ]; do echo still; sleep 0.3; done", idempotent: true }\n`,
  ]
}

describe.each(['sqlite', 'postgresql'] as const)('a backup of a server that is at work (%s)', (dialect) => {
  it('holds every run that was acknowledged before it, breaks no rule, and a server goes on with it', async () => {
    const dataDir = join(await temporaryFolder(), 'original')
    const env = { AGENTOS_LEASE: '2s', ...dialect === 'postgresql' && { DATABASE_URL: (await freshDatabase(dialect)).databaseUrl } }
    const file = join(await temporaryFolder(), 'backup.tar.gz')
    const server = await startServerProcess(await made(dataDir), { env: { ...env, AGENTOS_MAX_AGENTS: '2' } }) // so that some wait
    const flags = await temporaryFolder()
    await chmod(flags, 0o755) // runs have a user of their own
    const flag = join(flags, 'flag')
    await writeFile(flag, '')
    const { acknowledged, stop } = await submitAllTheTime(server, flag)
    await pause(3_000)

    const before = [...acknowledged]
    const backedUp = await agentos(['backup', '-o', file, '--with-key', '--json'], server, { env })
    expect(backedUp).toMatchObject({ code: 0, stderr: '' })
    const after = acknowledged.length - before.length
    await pause(500)
    await stop()
    server.child.kill('SIGKILL')
    await server.exited
    expect(before.length).toBeGreaterThan(3)
    expect(after).toBeGreaterThan(0)

    // Runs that were interrupted on PostgreSQL wait for the machine that has their workspace; SQLite has one machine alone.
    const there = dialect === 'sqlite' ? { dataDir: join(await temporaryFolder(), 'copy'), env: {} } : { dataDir, env: { DATABASE_URL: (await freshDatabase(dialect)).databaseUrl } }
    const restored = await agentos(['restore', file, ...dialect === 'sqlite' ? ['--to', there.dataDir] : [], '--json'], dataDir, { env: there.env })
    expect(restored).toMatchObject({ code: 0, stderr: '' })
    const copy = { databaseUrl: dialect === 'sqlite' ? `file:${join(there.dataDir, 'agentos.db')}` : there.env.DATABASE_URL!, dataDir: there.dataDir }

    const db = await openDatabase(copy)
    expect(await checkDatabase(db, { acknowledged: before })).toEqual([])
    const [unfinished] = await db.read({ sql: `SELECT count(*) AS "runs" FROM runs WHERE "status" = 'running'`, params: [] })
    expect(Number(unfinished!.runs)).toBeGreaterThan(0)
    const succeeded = (of: Database) => of.read({ sql: `SELECT count(*) AS "runs" FROM runs WHERE "status" = 'succeeded'`, params: [] }).then(([row]) => Number(row!.runs))
    const succeededBefore = await succeeded(db)
    await db.close()
    await rm(flag)

    const next = await startServerProcess(there.dataDir, { env: { AGENTOS_LEASE: '2s', ...there.env } })
    await untilAllHaveEnded(createAgentOS({ url: next.url, apiKey: next.credential }))
    await next.stop()
    const settled = await openDatabase(copy)
    expect(await checkDatabase(settled, { acknowledged: before, isSettled: true })).toEqual([])
    // The folders of runs are no part of a backup: one in whose folder commands have worked cannot go on without it, and says so.
    const ends = await settled.read({ sql: `SELECT "status", "reason", "detail" FROM runs WHERE "status" <> 'succeeded'`, params: [] })
    for (const end of ends)
      expect(end).toEqual({ status: 'failed', reason: 'interrupted', detail: 'Its workspace is gone, in which commands of it have worked: it cannot go on where it stood.' })
    expect(await succeeded(settled)).toBeGreaterThan(succeededBefore)
    await settled.close()
  }, 300_000)
})

async function submitAllTheTime({ url, credential }: ServerProcess, flag: string): Promise<{ acknowledged: Acknowledgement[], stop: () => Promise<void> }> {
  const client = createAgentOS({ url, apiKey: credential })
  for (const source of manifests(flag))
    await client.agents.save({ source })
  const acknowledged: Acknowledgement[] = []
  const stopped = new AbortController()
  const submit = async (agent: string): Promise<string> => {
    const task = `task ${crypto.randomUUID()}`
    const run = await client.runs.submit({ agent, task })
    acknowledged.push({ kind: 'submitted', runId: run.id, task })
    return run.id
  }
  await submit('slow')
  const lanes = Array.from({ length: 2 }, async () => {
    while (!stopped.signal.aborted) {
      await submit('quick')
      await pause(200)
    }
  })
  return {
    acknowledged,
    async stop() {
      stopped.abort()
      await Promise.all(lanes)
      await client.close()
    },
  }
}

async function untilAllHaveEnded(client: AgentOS): Promise<void> {
  for (const until = Date.now() + 150_000; Date.now() < until; await pause(200)) {
    const { counts } = await client.system.overview()
    if (counts.queued + counts.running === 0)
      break
  }
  await client.close()
}

async function made(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true })
  return dataDir
}
