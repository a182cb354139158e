import type { RunStatus } from '../domain/run.ts'
import type { Database } from './database.ts'
import type { Param } from './driver.ts'
import { isFinal, RUN_STATUSES } from '../domain/run.ts'
import { newId } from './id.ts'

export interface PruneFilter {
  organisationId: string
  agentId?: string
  /** With `agentId`: its newest ended runs stay, so many. */
  keep?: number
  statuses?: RunStatus[]
  olderThanMs?: number
  ids?: string[]
}

/** In one transaction, since others wait for it: so many runs, and about so many events. */
const BATCH = { runs: 200, events: 20_000 }

export interface Deleted {
  /** The ids that are gone. */
  runs: string[]
  /** What their artifacts and files held; others may have the same. */
  sha256s: string[]
}

/** Removes ended runs that are not held, with all that hangs on them, a batch at a time, one status at a time. */
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

/** How many of what a filter means stay because they are held. */
export async function countHeld(db: Database, filter: PruneFilter): Promise<number> {
  const statuses = RUN_STATUSES.filter(status => isFinal(status) && (!filter.statuses || filter.statuses.includes(status)))
  const counts = await Promise.all(statuses.map(async (status) => {
    const { where, params } = conditions(db, status, filter)
    const [row] = await db.read({ sql: `SELECT count(*) AS "runs" FROM runs WHERE ${where} AND "heldAt" IS NOT NULL`, params })
    return Number(row!.runs) // one row, always
  }))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function deleteBatch(db: Database, status: RunStatus, filter: PruneFilter): Promise<Deleted> {
  const { texts } = db.sql
  const { where, params } = conditions(db, status, filter)
  const rows = await db.read({ sql: `SELECT "id", "lastSeq" FROM runs WHERE ${where} AND "heldAt" IS NULL LIMIT ${BATCH.runs}`, params })
  let events = 0
  const batch = rows.filter((row, index) => (events += Number(row.lastSeq)) <= BATCH.events || index === 0)
  if (batch.length === 0)
    return { runs: [], sha256s: [] }
  const mark = newId()
  const own = `(SELECT "id" FROM runs WHERE "id" IN ${texts('$1')} AND "mark" = $2)`
  const chosen = [JSON.stringify(batch.map(row => row.id)), mark]
  const [found, ...held] = await db.batch([
    // Whoever wants to hold one of them waits for this, and then finds none.
    { sql: `UPDATE runs SET "mark" = $2 WHERE "id" IN ${texts('$1')} AND "heldAt" IS NULL RETURNING "id"`, params: chosen },
    { sql: `DELETE FROM artifacts WHERE "runId" IN ${own} RETURNING "sha256"`, params: chosen },
    { sql: `DELETE FROM workspace_files WHERE "runId" IN ${own} RETURNING "sha256", "beforeSha256"`, params: chosen },
    { sql: `DELETE FROM checkpoints WHERE "runId" IN ${own} RETURNING "sha256"`, params: chosen },
    { sql: `DELETE FROM events WHERE "runId" IN ${own}`, params: chosen },
    { sql: `DELETE FROM budget_spends WHERE "period" IN ${own}`, params: chosen }, // of the run's own limits; what was used stays
    { sql: `DELETE FROM runs WHERE "id" IN ${texts('$1')} AND "mark" = $2`, params: chosen },
  ])
  // The columns that are returned.
  return { runs: found!.map(row => row.id as string), sha256s: [...new Set(held.slice(0, 3).flat().flatMap(row => [row.sha256, row.beforeSha256]).filter(sha256 => typeof sha256 === 'string'))] }
}

function conditions({ sql }: Database, status: RunStatus, filter: PruneFilter): { where: string, params: Param[] } {
  const { organisationId, agentId, keep, olderThanMs, ids } = filter
  const params: Param[] = [organisationId, status, -(olderThanMs ?? 0)]
  const given = (value: Param): string => `$${params.push(value)}`
  const where = ['"organisationId" = $1', '"status" = $2', `"endedAt" <= ${sql.later(sql.now, '$3')}`]
  if (agentId !== undefined)
    where.push(`"agentId" = ${given(agentId)}`)
  if (agentId !== undefined && keep !== undefined) {
    const newest = `SELECT "createdAt", "id" FROM runs WHERE "agentId" = ${given(agentId)} AND "endedAt" IS NOT NULL ORDER BY "createdAt" DESC, "id" DESC`
    where.push(`("createdAt", "id") < (${newest} LIMIT 1 OFFSET ${given(keep - 1)})`)
  }
  if (ids)
    where.push(`"id" IN ${sql.texts(given(JSON.stringify(ids)))}`)
  return { where: where.join(' AND '), params }
}
