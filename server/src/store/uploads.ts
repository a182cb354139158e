import type { Actor } from './actor.ts'
import type { Database } from './database.ts'

export interface Upload { id: string, sha256: string, sizeBytes: number, files: number }

export async function addUpload(db: Database, { organisationId, userId }: Actor, { id, sha256, sizeBytes, files }: Upload): Promise<void> {
  await db.batch([{
    sql: `INSERT INTO uploads ("id", "organisationId", "createdById", "sha256", "sizeBytes", "files", "createdAt")
      VALUES ($1, $2, $3, $4, CAST($5 AS BIGINT), CAST($6 AS INTEGER), ${db.sql.now})`,
    params: [id, organisationId, userId, sha256, sizeBytes, files],
  }])
}

/** Null when the organisation has none of that id. */
export async function findUpload(db: Database, organisationId: string, id: string): Promise<Upload | null> {
  const [row] = await db.read({ sql: `SELECT "id", "sha256", "sizeBytes", "files" FROM uploads WHERE "organisationId" = $1 AND "id" = $2`, params: [organisationId, id] })
  return row ? { id: String(row.id), sha256: String(row.sha256), sizeBytes: Number(row.sizeBytes), files: Number(row.files) } : null
}

/** What all uploads of an organisation hold together. */
export async function uploadedBytes(db: Database, organisationId: string): Promise<number> {
  const [row] = await db.read({ sql: `SELECT COALESCE(SUM("sizeBytes"), 0) AS "sum" FROM uploads WHERE "organisationId" = $1`, params: [organisationId] })
  return Number(row?.sum ?? 0)
}

/** Older ones that no run needs any more: returns the hashes of what they held. With none of them nothing is written. */
export async function dropOldUploads(db: Database, olderThanMs: number): Promise<string[]> {
  const isOver = `uploads."createdAt" < ${db.sql.later(db.sql.now, '$1')}
    AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r."workspaceFrom" = 'upload:' || uploads."id" AND r."endedAt" IS NULL)`
  const [found] = await db.read({ sql: `SELECT 1 AS "one" FROM uploads WHERE ${isOver} LIMIT 1`, params: [-olderThanMs] })
  if (!found)
    return []
  const [rows] = await db.batch([{ sql: `DELETE FROM uploads WHERE ${isOver} RETURNING "sha256"`, params: [-olderThanMs] }])
  return rows!.map(row => String(row.sha256))
}
