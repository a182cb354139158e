import type { RunStatus } from '../domain/run.ts'
import type { Database } from './database.ts'
import { isFinal, RUN_STATUSES } from '../domain/run.ts'

export interface PruneFilter { organisationId: string, statuses?: RunStatus[], olderThanMs?: number, ids?: string[] }

/** In one transaction, since others wait for it: so many runs, and about so many events. */
const BATCH = { runs: 200, events: 20_000 }

export interface Deleted {
  /** The ids that are gone. */
  runs: string[]
  /** What their artifacts held; others may have the same. */
  sha256s: string[]
}

/** Removes ended runs with all that hangs on them, a batch at a time, one status at a time. */
export async function deleteRuns(db: Database, filter: PruneFilter): Promise<Deleted> {
  const removed: Deleted = { runs: [], sha256s: [] }
  for (const status of RUN_STATUSES.filter(isFinal)) {
    if (filter.statuses && !filter.statuses.includes(status))
      continue
    for (let batch = await deleteBatch(db, status, filter); batch.runs.length > 0; batch = await deleteBatch(db, status, filter)) {
      removed.runs.push(...batch.runs)
      removed.sha256s.push(...batch.sha256s)
    }
  }
  if (removed.runs.length > 0)
    await db.reclaim()
  return removed
}

async function deleteBatch(db: Database, status: RunStatus, { organisationId, olderThanMs, ids }: PruneFilter): Promise<Deleted> {
  const { now, later, texts } = db.sql
  const rows = await db.read({
    sql: `SELECT "id", "lastSeq" FROM runs WHERE "organisationId" = $1 AND "status" = $2 AND "endedAt" <= ${later(now, '$3')} ${ids ? `AND "id" IN ${texts('$4')}` : ''} LIMIT ${BATCH.runs}`,
    params: [organisationId, status, -(olderThanMs ?? 0), ...ids ? [JSON.stringify(ids)] : []],
  })
  let events = 0
  const batch = rows.filter((row, index) => (events += Number(row.lastSeq)) <= BATCH.events || index === 0)
  const found = batch.map(row => row.id as string) // the column named above
  const gone = JSON.stringify(found)
  if (found.length === 0)
    return { runs: [], sha256s: [] }
  const [artifacts] = await db.batch([
    { sql: `DELETE FROM artifacts WHERE "runId" IN ${texts('$1')} RETURNING "sha256"`, params: [gone] },
    { sql: `DELETE FROM events WHERE "runId" IN ${texts('$1')}`, params: [gone] },
    { sql: `DELETE FROM runs WHERE "id" IN ${texts('$1')}`, params: [gone] },
  ])
  return { runs: found, sha256s: [...new Set(artifacts!.map(row => row.sha256 as string))] } // the column that is returned
}
