import type { IsolationLevel } from '../domain/run.ts'
import type { SandboxStatus, WorkerView } from '../domain/views/system.ts'
import type { Database } from './database.ts'

/** What a process says of itself. */
export interface WorkerFacts extends Pick<WorkerView, 'id' | 'host' | 'pid' | 'role' | 'version' | 'slots' | 'busy'> {
  executors: number
  /** What its machine gives; null for a server, which runs nothing. */
  sandbox: SandboxStatus | null
}

/** A heartbeat that is older says that the process is gone, or cannot reach the database. */
const LOST_MS = 30_000
/** For so long one that is gone is shown. */
const KEPT_MS = 86_400_000

/** The heartbeat, by the database's clock; the first one enters the process. Resolves to whether somebody has asked it to drain. */
export async function reportWorker(db: Database, facts: WorkerFacts): Promise<{ isDraining: boolean }> {
  const { now } = db.sql
  const { level, by } = isolationOf(facts.sandbox)
  const columns = { ...facts, isolation: level, isolationBy: by, sandbox: facts.sandbox && JSON.stringify(facts.sandbox) }
  const names = Object.keys(columns)
  const [rows] = await db.batch([{
    sql: `INSERT INTO workers (${names.map(name => `"${name}"`).join(', ')}, "startedAt", "heartbeatAt") VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')}, ${now}, ${now})
      ON CONFLICT ("id") DO UPDATE SET "slots" = excluded."slots", "busy" = excluded."busy", "executors" = excluded."executors", "isolation" = excluded."isolation",
        "isolationBy" = excluded."isolationBy", "sandbox" = excluded."sandbox", "heartbeatAt" = excluded."heartbeatAt"
      RETURNING CASE WHEN "drainingAt" IS NULL THEN 0 ELSE 1 END AS "draining"`,
    params: Object.values(columns),
  }])
  return { isDraining: rows![0]!.draining === 1 } // one row, always
}

/** Takes no more runs, or has said good-bye. Resolves to whether there is such a process, and it has not stopped. */
export async function markWorker(db: Database, id: string, mark: 'draining' | 'stopped'): Promise<boolean> {
  const column = mark === 'draining' ? '"drainingAt"' : '"stoppedAt"'
  const [rows] = await db.batch([{ sql: `UPDATE workers SET ${column} = coalesce(${column}, ${db.sql.now}) WHERE "id" = $1 AND "stoppedAt" IS NULL RETURNING "id"`, params: [id] }])
  return rows!.length > 0
}

/** Forgets those that have been gone for a day. */
export async function removeGoneWorkers(db: Database): Promise<void> {
  await db.batch([{ sql: `DELETE FROM workers WHERE "heartbeatAt" < ${db.sql.later(db.sql.now, '$1')}`, params: [-KEPT_MS] }])
}

export interface KnownWorker { view: WorkerView, executors: number, sandbox: SandboxStatus | null }

/** Every process that the database knows of, the newest first, with the organisation's runs that it has. */
export async function listWorkers(db: Database, organisationId: string): Promise<KnownWorker[]> {
  const { now, epochMs } = db.sql
  const [rows, runs] = await Promise.all([
    db.read({
      sql: `SELECT "id", "host", "pid", "role", "version", "slots", "busy", "executors", "isolation", "isolationBy", "sandbox", ${epochMs('"startedAt"')} AS "startedAt", ${epochMs('"heartbeatAt"')} AS "heartbeatAt",
          ${epochMs(now)} - ${epochMs('"heartbeatAt"')} AS "ageMs", CASE WHEN "drainingAt" IS NULL THEN 0 ELSE 1 END AS "draining", CASE WHEN "stoppedAt" IS NULL THEN 0 ELSE 1 END AS "stopped"
        FROM workers ORDER BY "startedAt" DESC, "id"`,
      params: [],
    }) as Promise<unknown> as Promise<WorkerRow[]>, // the columns named here
    runsOfWorkers(db, organisationId),
  ])
  return rows.map(({ executors, sandbox, ageMs, draining, stopped, ...row }) => ({
    view: {
      ...row,
      startedAt: new Date(row.startedAt).toISOString(),
      heartbeatAt: new Date(row.heartbeatAt).toISOString(),
      state: stopped === 1 ? 'stopped' : ageMs > LOST_MS ? 'lost' : draining === 1 ? 'draining' : 'up',
      runs: runs.get(row.id) ?? [],
    },
    executors,
    sandbox: sandbox === null ? null : JSON.parse(sandbox) as SandboxStatus, // written by reportWorker
  }))
}

interface WorkerRow extends Omit<WorkerView, 'startedAt' | 'heartbeatAt' | 'state' | 'runs'> {
  startedAt: number
  heartbeatAt: number
  ageMs: number
  executors: number
  sandbox: string | null
  draining: number
  stopped: number
}

/** The runs that are running, by the worker that has them. */
export async function runsOfWorkers(db: Database, organisationId: string): Promise<Map<string, WorkerView['runs']>> {
  const rows = await db.read({
    sql: `SELECT "id", "agentName", "attempt", "worker", ${db.sql.epochMs('"leaseUntil"')} AS "leaseUntil" FROM runs WHERE "organisationId" = $1 AND "status" = 'running' ORDER BY "id"`,
    params: [organisationId],
  })
  const runs = Map.groupBy(rows, row => String(row.worker))
  return new Map([...runs].map(([worker, ofOne]) => [worker, ofOne.map(row => ({
    id: String(row.id),
    agentName: String(row.agentName),
    attempt: Number(row.attempt),
    leaseUntil: new Date(Number(row.leaseUntil)).toISOString(),
  }))]))
}

/** What a run gets there that names no level. */
export function isolationOf(sandbox: SandboxStatus | null): { level: IsolationLevel, by: string | null } {
  const level = sandbox?.default ?? 'none'
  return { level, by: sandbox?.levels.find(one => one.level === level)?.by ?? null }
}
