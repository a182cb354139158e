import type { Database } from './database.ts'
import type { RunRef } from './run-append.ts'
import { FenceLostError } from './errors.ts'

export interface Checkpoint {
  /** The attempt that left it. */
  attempt: number
  sha256: string
  sizeBytes: number
}

/** The newest one of a held run; the one before it gives way. Rejects with FenceLostError. */
export async function saveCheckpoint(db: Database, { runId, fence }: RunRef, { attempt, sha256, sizeBytes }: Checkpoint): Promise<void> {
  const [rows] = await db.batch([{
    sql: `INSERT INTO checkpoints ("runId", "organisationId", "attempt", "sha256", "sizeBytes", "worker", "createdAt")
      SELECT r."id", r."organisationId", CAST($3 AS INTEGER), $4, CAST($5 AS BIGINT), r."worker", ${db.sql.now}
      FROM runs AS r WHERE r."id" = $1 AND r."fence" = $2 AND r."status" = 'running'
      ON CONFLICT ("runId") DO UPDATE SET "attempt" = excluded."attempt", "sha256" = excluded."sha256", "sizeBytes" = excluded."sizeBytes", "worker" = excluded."worker", "createdAt" = excluded."createdAt"
      RETURNING "runId"`,
    params: [runId, fence, attempt, sha256, sizeBytes],
  }])
  if (rows!.length === 0)
    throw new FenceLostError(runId, fence)
}

export async function findCheckpoint(db: Database, runId: string): Promise<Checkpoint | null> {
  const [row] = await db.read({ sql: `SELECT "attempt", "sha256", "sizeBytes" FROM checkpoints WHERE "runId" = $1`, params: [runId] })
  return row ? { attempt: Number(row.attempt), sha256: String(row.sha256), sizeBytes: Number(row.sizeBytes) } : null
}

/** Of runs that have ended, which need none any more: returns the hashes of what they held. With none of them nothing is written. */
export async function dropEndedCheckpoints(db: Database, runId: string | null = null): Promise<string[]> {
  const isOver = `${runId === null ? '' : '"runId" = $1 AND '}EXISTS (SELECT 1 FROM runs AS r WHERE r."id" = checkpoints."runId" AND r."endedAt" IS NOT NULL)`
  const params = runId === null ? [] : [runId]
  const [found] = await db.read({ sql: `SELECT 1 AS "one" FROM checkpoints WHERE ${isOver} LIMIT 1`, params })
  if (!found)
    return []
  const [rows] = await db.batch([{ sql: `DELETE FROM checkpoints WHERE ${isOver} RETURNING "sha256"`, params }])
  return rows!.map(row => String(row.sha256))
}
