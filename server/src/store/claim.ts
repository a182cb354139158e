import type { Claim } from './claim-sql.ts'
import type { Database } from './database.ts'
import type { RunRef } from './run-append.ts'
import { IS_LIMITED } from './claim-sql.ts'
import { postgresqlClaim } from './claim.postgresql.ts'
import { sqliteClaim } from './claim.sqlite.ts'
import { newId } from './id.ts'

/**
 * Takes up to `slots` queued runs whose time has come: by priority, then by how long they have been available, never more of an agent, a
 * person or a key at a time, nor more in a while, than the newest manifest says. Each is then running, under a new fence and a lease, and
 * its log says so: all of that or nothing.
 */
export async function claimRuns(db: Database, claim: Claim): Promise<RunRef[]> {
  const mark = newId()
  const statements = db.dialect === 'sqlite' ? sqliteClaim(mark, claim) : postgresqlClaim(mark, claim, claim.isAnyLimited ?? (await lookForDue(db)).isAnyLimited)
  const results = await db.batch(statements)
  return results.flat().flatMap(row => 'fence' in row ? [{ runId: row.id as string, fence: row.fence as number, attempt: row.attempt as number }] : []) // the columns that the claim returns
}

export interface DueLook {
  /** Whether a claim may find something. */
  isAny: boolean
  /** Whether a run waits whose agent has a limit: claims of those take turns. */
  isAnyLimited: boolean
  /** The database's clock. */
  atMs: number
}

/** Costs nothing beside a claim. */
export async function lookForDue(db: Database): Promise<DueLook> {
  const { now, epochMs } = db.sql
  const due = `r."status" = 'queued' AND r."availableAt" <= ${now}`
  const [row] = await db.read({
    sql: `SELECT CASE WHEN EXISTS (SELECT 1 FROM runs AS r WHERE ${due}) THEN 1 ELSE 0 END AS "due",
      CASE WHEN EXISTS (SELECT 1 FROM agents AS a WHERE ${IS_LIMITED} AND EXISTS (SELECT 1 FROM runs AS r WHERE r."agentId" = a."id" AND ${due})) THEN 1 ELSE 0 END AS "limited",
      ${epochMs(now)} AS "at"`,
    params: [],
  })
  return { isAny: Number(row!.due) === 1, isAnyLimited: Number(row!.limited) === 1, atMs: Number(row!.at) } // one row, always
}

/**
 * When the next queued run may be claimed because time has passed: one that was not due when a look was taken, or one that its agent's
 * rate holds back. In milliseconds from now; negative when that has come meanwhile, null when none waits for time.
 */
export async function nextDueMs(db: Database, lookedAtMs: number): Promise<number | null> {
  const { now, epochMs, instant } = db.sql
  const next = `SELECT min(${epochMs('"availableAt"')}) FROM runs WHERE "status" = 'queued' AND "availableAt" > ${instant('$1')}`
  const [row] = await db.read({
    sql: `SELECT (${next}) - ${epochMs(now)} AS "dueMs", (${nextStart(db.sql)}) - ${epochMs(now)} AS "startMs"`,
    params: [Math.floor(lookedAtMs) - 1],
  })
  const times = [row!.dueMs, row!.startMs].filter(ms => typeof ms === 'number') // one row, always
  return times.length > 0 ? Math.min(...times) : null
}

/** When the oldest of the starts that use up an agent's rate falls out of its time, of agents for which a run waits. */
function nextStart({ now, epochMs, later }: Database['sql']): string {
  const waits = `SELECT 1 FROM runs AS r WHERE r."agentId" = a."id" AND r."status" = 'queued' AND r."startedAt" IS NULL AND r."availableAt" <= ${now}`
  return `SELECT min(${epochMs(later('"startedAt"', '"rateMs"'))}) FROM (
      SELECT s."startedAt", a."rateMs", a."rateRuns", row_number() OVER (PARTITION BY a."id" ORDER BY s."startedAt" DESC) AS "place"
      FROM agents AS a CROSS JOIN runs AS s
      WHERE a."rateRuns" IS NOT NULL AND EXISTS (${waits}) AND s."agentId" = a."id" AND s."startedAt" > ${later(now, '-a."rateMs"')}
    ) AS starts WHERE "place" = "rateRuns"`
}
