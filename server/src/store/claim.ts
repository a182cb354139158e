import type { Claim } from './claim-sql.ts'
import type { Database } from './database.ts'
import type { RunRef } from './run-append.ts'
import { postgresqlClaim } from './claim.postgresql.ts'
import { sqliteClaim } from './claim.sqlite.ts'
import { newId } from './id.ts'

/**
 * Takes up to `slots` queued runs whose time has come: by priority, then by how long they have been available, never more of an agent
 * than its manifest lets run. Each is then running, under a new fence and a lease, and its log says so: all of that or nothing.
 */
export async function claimRuns(db: Database, claim: Claim): Promise<RunRef[]> {
  const mark = newId()
  const statements = db.dialect === 'sqlite' ? sqliteClaim(mark, claim) : postgresqlClaim(mark, claim)
  const results = await db.batch(statements)
  return results.flat().flatMap(row => 'fence' in row ? [{ runId: row.id as string, fence: row.fence as number, attempt: row.attempt as number }] : []) // the columns that the claim returns
}

/** Whether a claim may find something: costs nothing beside a claim, which is a transaction. `atMs` is the database's clock of this look. */
export async function lookForDue(db: Database): Promise<{ isAny: boolean, atMs: number }> {
  const { now, epochMs } = db.sql
  const due = `SELECT 1 FROM runs WHERE "status" = 'queued' AND "availableAt" <= ${now}`
  const [row] = await db.read({ sql: `SELECT CASE WHEN EXISTS (${due}) THEN 1 ELSE 0 END AS "due", ${epochMs(now)} AS "at"`, params: [] })
  return { isAny: Number(row!.due) === 1, atMs: Number(row!.at) } // one row, always
}

/**
 * When the next run becomes available of those that were not when a look was taken, in milliseconds from now; negative when it has
 * become so meanwhile, null when none is waiting for its time.
 */
export async function nextAvailableMs(db: Database, lookedAtMs: number): Promise<number | null> {
  const { now, epochMs, instant } = db.sql
  const [row] = await db.read({
    sql: `SELECT min(${epochMs('"availableAt"')}) - ${epochMs(now)} AS "ms" FROM runs WHERE "status" = 'queued' AND "availableAt" > ${instant('$1')}`,
    params: [Math.floor(lookedAtMs) - 1],
  })
  return typeof row?.ms === 'number' ? row.ms : null
}
