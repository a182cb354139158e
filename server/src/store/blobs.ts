import type { Buffer } from 'node:buffer'
import type { Database } from './database.ts'

/** Bytes in the database, in pieces; only on PostgreSQL, where processes share nothing else. */
export const CHUNK_BYTES = 1024 * 1024

/** Whether it is there whole. It counts as young again: who is about to refer to it must find it. */
export async function touchBlob(db: Database, sha256: string): Promise<boolean> {
  const [rows] = await db.batch([{ sql: `UPDATE blobs SET "createdAt" = ${db.sql.now} WHERE "sha256" = $1 RETURNING "sha256"`, params: [sha256] }])
  return rows!.length > 0
}

/** The same bytes may be stored by several at once: each of them writes the same. */
export async function addChunk(db: Database, sha256: string, part: number, bytes: Buffer): Promise<void> {
  await db.batch([{ sql: `INSERT INTO blob_chunks ("sha256", "part", "bytes") VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, params: [sha256, part, bytes] }])
}

/** Says that all pieces are there. False when somebody has removed some of them meanwhile. */
export async function finishBlob(db: Database, sha256: string, sizeBytes: number, parts: number): Promise<boolean> {
  const [rows] = await db.batch([{
    sql: `INSERT INTO blobs ("sha256", "sizeBytes", "createdAt")
      SELECT $1, CAST($2 AS BIGINT), ${db.sql.now} WHERE (SELECT count(*) FROM blob_chunks WHERE "sha256" = $1) = CAST($3 AS BIGINT)
      ON CONFLICT ("sha256") DO UPDATE SET "createdAt" = excluded."createdAt" RETURNING "sha256"`,
    params: [sha256, sizeBytes, parts],
  }])
  return rows!.length > 0
}

export async function blobSize(db: Database, sha256: string): Promise<number | null> {
  const [row] = await db.read({ sql: `SELECT "sizeBytes" FROM blobs WHERE "sha256" = $1`, params: [sha256] })
  return row ? Number(row.sizeBytes) : null
}

export async function readChunk(db: Database, sha256: string, part: number): Promise<Buffer | null> {
  const [row] = await db.read({ sql: `SELECT "bytes" FROM blob_chunks WHERE "sha256" = $1 AND "part" = $2`, params: [sha256, part] })
  return row ? row.bytes as unknown as Buffer : null // the one column of bytes that is read
}

/** Removes those of these hashes that nothing refers to. Whoever touches one at the same time waits, and then finds none. */
export async function removeUnusedBlobs(db: Database, sha256s: string[]): Promise<void> {
  const chosen = db.sql.texts('$1')
  const params = [JSON.stringify(sha256s)]
  const unused = (table: string) => `"sha256" IN ${chosen} AND NOT EXISTS (SELECT 1 FROM (${REFERENCES}) AS used WHERE used."sha256" = ${table}."sha256")`
  await db.batch([
    { sql: `SELECT "sha256" FROM blobs WHERE "sha256" IN ${chosen} ORDER BY "sha256" FOR UPDATE`, params },
    { sql: `DELETE FROM blobs WHERE ${unused('blobs')}`, params },
    { sql: `DELETE FROM blob_chunks WHERE ${unused('blob_chunks')}`, params },
  ])
}

/** Of which nothing may be left but the bytes: stored long ago, or never finished. */
export async function oldBlobs(db: Database, olderThanMs: number, limit: number): Promise<string[]> {
  const rows = await db.read({
    sql: `SELECT c."sha256" FROM blob_chunks AS c LEFT JOIN blobs AS b ON b."sha256" = c."sha256"
      WHERE c."part" = 0 AND (b."createdAt" IS NULL OR b."createdAt" < ${db.sql.later(db.sql.now, '$1')})
        AND NOT EXISTS (SELECT 1 FROM (${REFERENCES}) AS used WHERE used."sha256" = c."sha256") LIMIT ${limit}`,
    params: [-olderThanMs],
  })
  return rows.map(row => String(row.sha256))
}

/** Every row that holds bytes. */
const REFERENCES = `SELECT "sha256" FROM artifacts UNION ALL SELECT "sha256" FROM workspace_files UNION ALL
  SELECT "beforeSha256" FROM workspace_files UNION ALL SELECT "sha256" FROM checkpoints UNION ALL SELECT "sha256" FROM uploads`

/** Those of these hashes that nothing refers to. */
export async function unusedHashes(db: Database, sha256s: string[]): Promise<string[]> {
  const chosen = db.sql.texts('$1')
  const rows = await db.read({ sql: `SELECT DISTINCT "sha256" FROM (${REFERENCES}) AS used WHERE "sha256" IN ${chosen}`, params: [JSON.stringify(sha256s)] })
  const known = new Set(rows.map(row => row.sha256))
  return sha256s.filter(sha256 => !known.has(sha256))
}
