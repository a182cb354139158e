import type { Database } from './database.ts'

/** When a backup was begun last, and when one was whole, in milliseconds by the database's clock: rows of `settings`, for all servers. */
const BEGUN = 'backup begun at'
const SUCCEEDED = 'backup succeeded at'

/**
 * Lets one of all servers make the backup that is due: `everyMs` after the last one that was whole. One that was begun is left alone for
 * `turnMs`, unless its server says that it is still at it (`keepBackupTurn`).
 */
export async function takeBackupTurn(db: Database, { everyMs, turnMs }: { everyMs: number, turnMs: number }): Promise<boolean> {
  const now = nowMs(db)
  const [rows] = await db.batch([{
    sql: `INSERT INTO settings ("name", "value") SELECT '${BEGUN}', CAST(${now} AS TEXT)
      WHERE NOT EXISTS (SELECT 1 FROM settings WHERE "name" = '${SUCCEEDED}' AND CAST("value" AS BIGINT) > ${now} - CAST($1 AS BIGINT))
      ON CONFLICT ("name") DO UPDATE SET "value" = excluded."value" WHERE CAST(settings."value" AS BIGINT) <= ${now} - CAST($2 AS BIGINT) RETURNING "name"`,
    params: [everyMs, turnMs],
  }])
  return rows!.length > 0
}

export async function keepBackupTurn(db: Database): Promise<void> {
  await note(db, BEGUN)
}

export async function noteBackup(db: Database): Promise<void> {
  await note(db, SUCCEEDED)
}

/** In milliseconds since 1970; null when there has been none. */
export async function lastBackupAt(db: Database): Promise<number | null> {
  const [row] = await db.read({ sql: `SELECT "value" FROM settings WHERE "name" = '${SUCCEEDED}'`, params: [] })
  return row ? Number(row.value) : null
}

/** How long until `takeBackupTurn` may be worth asking; 0 or less: now. */
export async function nextBackupMs(db: Database, { everyMs, turnMs }: { everyMs: number, turnMs: number }): Promise<number> {
  const rows = await db.read({ sql: `SELECT "name", CAST("value" AS BIGINT) - ${nowMs(db)} AS "at" FROM settings WHERE "name" IN ('${BEGUN}', '${SUCCEEDED}')`, params: [] })
  return Math.max(0, ...rows.map(({ name, at }) => Number(at) + (name === SUCCEEDED ? everyMs : turnMs)))
}

async function note(db: Database, name: string): Promise<void> {
  await db.batch([{ sql: `INSERT INTO settings ("name", "value") VALUES ('${name}', CAST(${nowMs(db)} AS TEXT)) ON CONFLICT ("name") DO UPDATE SET "value" = excluded."value"`, params: [] }])
}

function nowMs({ sql }: Database): string {
  return `CAST(${sql.epochMs(sql.now)} AS BIGINT)`
}
