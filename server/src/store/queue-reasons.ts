import type { QueuedBecause } from '../domain/views/run.ts'
import type { Database } from './database.ts'

/** What of a run and its agent says why it waits. Times are milliseconds. */
export interface QueueRow {
  id: string
  status: string
  agentId: string
  createdById: string
  concurrencyKey: string | null
  host: string | null
  availableAt: number
  startedAt: number | null
  /** The agent's. */
  concurrency: number | null
  userConcurrency: number | null
  keyConcurrency: number | null
  rateRuns: number | null
  rateMs: number | null
}

/** Of each queued run, what it waits for. The database is asked only when one of them has a limit. */
export async function queueReasons(db: Database, rows: QueueRow[]): Promise<Map<string, QueuedBecause>> {
  const now = Date.now()
  const queued = rows.filter(row => row.status === 'queued')
  const due = queued.filter(row => row.availableAt <= now)
  const [running, starts] = await Promise.all([countRunning(db, due.filter(hasConcurrency)), countStarts(db, due.filter(row => row.rateRuns !== null))])
  return new Map(queued.map(row => [row.id, reasonOf(row)]))

  function reasonOf(row: QueueRow): QueuedBecause {
    if (row.availableAt > now)
      return 'later'
    if (isFull(row, running))
      return 'concurrency'
    if (row.rateRuns !== null && row.startedAt === null && (starts.get(row.agentId) ?? 0) >= row.rateRuns)
      return 'rate'
    // On SQLite there is one machine.
    return row.host !== null && db.dialect === 'postgresql' ? 'host' : 'slots'
  }
}

function hasConcurrency({ concurrency, userConcurrency, keyConcurrency }: QueueRow): boolean {
  return concurrency !== null || userConcurrency !== null || keyConcurrency !== null
}

interface Running { agentId: string, createdById: string, concurrencyKey: string | null, runs: number }

function isFull(row: QueueRow, running: Running[]): boolean {
  const count = (isOne: (one: Running) => boolean) => running.reduce((sum, one) => one.agentId === row.agentId && isOne(one) ? sum + Number(one.runs) : sum, 0)
  return count(() => true) >= (row.concurrency ?? Number.POSITIVE_INFINITY)
    || count(one => one.createdById === row.createdById) >= (row.userConcurrency ?? Number.POSITIVE_INFINITY)
    || (row.concurrencyKey !== null && count(one => one.concurrencyKey === row.concurrencyKey) >= (row.keyConcurrency ?? Number.POSITIVE_INFINITY))
}

async function countRunning(db: Database, rows: QueueRow[]): Promise<Running[]> {
  if (rows.length === 0)
    return []
  return await db.read({
    sql: `SELECT "agentId", "createdById", "concurrencyKey", count(*) AS "runs" FROM runs WHERE "status" = 'running' AND "agentId" IN ${db.sql.texts('$1')}
      GROUP BY "agentId", "createdById", "concurrencyKey"`,
    params: [JSON.stringify([...new Set(rows.map(row => row.agentId))])],
  }) as unknown as Running[] // the columns named here
}

/** First starts of each agent within the time of its rate. */
async function countStarts(db: Database, rows: QueueRow[]): Promise<Map<string, number>> {
  if (rows.length === 0)
    return new Map()
  const { now, later, texts } = db.sql
  const counts = await db.read({
    sql: `SELECT a."id", (SELECT count(*) FROM runs AS s WHERE s."agentId" = a."id" AND s."startedAt" > ${later(now, '-a."rateMs"')}) AS "runs"
      FROM agents AS a WHERE a."rateMs" IS NOT NULL AND a."id" IN ${texts('$1')}`,
    params: [JSON.stringify([...new Set(rows.map(row => row.agentId))])],
  })
  return new Map(counts.map(row => [String(row.id), Number(row.runs)]))
}
