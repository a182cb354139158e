import type { Doorbell } from '../../server/src/events/doorbell.ts'
import type { Database } from '../../server/src/store/database.ts'
import type { Figure } from './figure.ts'
import { Client } from 'pg'
import { PgBoss } from 'pg-boss'
import { parseManifest } from '../../server/src/domain/manifest/parse.ts'
import { createDoorbell } from '../../server/src/events/doorbell.ts'
import { createEventLog } from '../../server/src/events/log.ts'
import { createEmbeddedQueue } from '../../server/src/queue/embedded.ts'
import { submit } from '../../server/src/queue/submit.ts'
import { ensureOwner } from '../../server/src/store/actor.ts'
import { findAgent, saveAgent } from '../../server/src/store/agents.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { startTemporaryPostgres } from '../../server/src/store/develop/temporary-postgres.ts'
import { dataFolder, removeFolder } from './server-process.ts'

const JOBS = 10_000
const CONSUMERS = 4
/** What a consumer has at a time, on both sides. */
const SLOTS = 20
const NAME = 'no-op'
const SOURCE = `name: ${NAME}\nsteps:\n  - run: "true"\n`

/**
 * No-op work through a queue on one durable PostgreSQL: ours from the claim to `run.ended` (row, attempt, lease, four events), beside
 * pg-boss alone, which fetches in batches and completes each job when it is done. What is queued is queued before the clock runs.
 */
export async function measure(): Promise<Figure[]> {
  const folder = await dataFolder()
  const postgres = await startTemporaryPostgres({ durable: true })
  try {
    const url = `${postgres.url}/postgres`
    const theirs = await throughPgBoss(url)
    const ours = await throughRuns(url, folder)
    const unit = 'jobs/s'
    return [
      { what: `no-op runs, claim to end, ${CONSUMERS} workers, Postgres`, value: ours, unit, limit: theirs.each, limitIs: 'pg-boss alone, a completion a job', target: { ratioAtLeast: 0.7 } },
      { what: 'the same', value: ours, unit, limit: theirs.batched, limitIs: 'pg-boss alone, a completion a batch, which no run could share', target: null },
    ]
  }
  finally {
    await postgres.stop()
    await removeFolder(folder)
  }
}

async function throughPgBoss(url: string): Promise<{ each: number, batched: number }> {
  const bosses = await Promise.all(Array.from({ length: CONSUMERS }, async () => {
    const boss = new PgBoss({ connectionString: url, max: 10, schedule: false, supervise: false })
    boss.on('error', () => {}) // the call that failed says it
    return boss.start()
  }))
  await bosses[0]!.createQueue(NAME)
  const each = await consume(url, bosses, (boss, ids) => Promise.all(ids.map(id => boss.complete(NAME, id))))
  const batched = await consume(url, bosses, (boss, ids) => boss.complete(NAME, ids))
  await Promise.all(bosses.map(boss => boss.stop({ graceful: false })))
  return { each, batched }
}

async function consume(url: string, bosses: PgBoss[], complete: (boss: PgBoss, ids: string[]) => Promise<unknown>): Promise<number> {
  for (let from = 0; from < JOBS; from += 1_000)
    await bosses[0]!.insert(NAME, Array.from({ length: Math.min(1_000, JOBS - from) }, () => ({ data: { task: 'nothing' } })))
  await gatherStatistics(url)
  const startedAt = performance.now()
  await Promise.all(bosses.map(async (boss) => {
    for (;;) {
      const jobs = await boss.fetch(NAME, { batchSize: SLOTS })
      if (jobs.length === 0)
        return
      await complete(boss, jobs.map(job => job.id))
    }
  }))
  return JOBS / (performance.now() - startedAt) * 1000
}

/** As autovacuum does within a minute: before that the planner takes a queue of 10,000 for an empty one, ours and theirs. */
async function gatherStatistics(url: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  await client.query('ANALYZE')
  await client.end()
}

/** Each worker with a pool, a doorbell and a log of its own, as in processes of their own. */
async function throughRuns(databaseUrl: string, dataDir: string): Promise<number> {
  const workers = []
  for (let index = 0; index < CONSUMERS; index++) {
    const db = await openDatabase({ databaseUrl, dataDir })
    const doorbell = createDoorbell(db)
    workers.push({ db, doorbell, log: createEventLog(db, doorbell.notifier), queue: createEmbeddedQueue({ db, notifier: doorbell.notifier, workerId: `bench-${index}`, slots: SLOTS }) })
  }
  const [first] = workers
  await queueRuns(first!)
  await gatherStatistics(databaseUrl)
  let left = JOBS
  const done = Promise.withResolvers<void>()
  const startedAt = performance.now()
  for (const { queue, log } of workers) {
    queue.start(async ({ ref }) => {
      await log.end(ref, { reason: 'completed', detail: '' })
      if (--left === 0)
        done.resolve()
    })
  }
  await done.promise
  const rate = JOBS / (performance.now() - startedAt) * 1000
  for (const { db, doorbell, log, queue } of workers) {
    await queue.stop()
    await log.stop()
    await doorbell.stop()
    await db.close()
  }
  return rate
}

async function queueRuns({ db, doorbell: { notifier } }: { db: Database, doorbell: Doorbell }): Promise<void> {
  const actor = await ensureOwner(db)
  const parsed = parseManifest(SOURCE, { file: 'bench.yaml' })
  if (!parsed.ok)
    throw new Error(JSON.stringify(parsed.problems))
  const { agentId } = await saveAgent(db, { actor, name: NAME, source: SOURCE, manifest: parsed.manifest, notices: [], path: null })
  const { found: agent } = await findAgent(db, actor.organisationId, agentId)
  for (let from = 0; from < JOBS; from += 100)
    await Promise.all(Array.from({ length: 100 }, () => submit({ db, notifier }, { actor, agent: agent!, task: 'nothing', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null })))
}
