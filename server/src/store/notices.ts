import type { Database } from './database.ts'

/** An open question that somebody outside is to be told of. */
export interface Notice { id: string, tries: number }

/**
 * Takes those whose time has come, so that no other server tells of them meanwhile; when nothing is heard of it the next one does after
 * `againMs`. `nextMs`: until another is due; null: none is.
 */
export async function takeNotices(db: Database, o: { limit: number, maxTries: number, againMs: number }): Promise<{ taken: Notice[], nextMs: number | null }> {
  const { now, later, epochMs } = db.sql
  const open = `a."notifyAt" IS NOT NULL AND a."notifyTries" < ${o.maxTries} AND a."decision" IS NULL`
  const due = await db.read({ sql: `SELECT a."id", a."notifyTries" AS "tries" FROM approvals AS a WHERE ${open} AND a."notifyAt" <= ${now} ORDER BY a."notifyAt" LIMIT ${o.limit}`, params: [] })
  const taken: Notice[] = []
  for (const { id, tries } of due) {
    const [rows] = await db.batch([{
      sql: `UPDATE approvals SET "notifyAt" = ${later(now, '$2')}, "notifyTries" = "notifyTries" + 1 WHERE "id" = $1 AND "notifyTries" = CAST($3 AS INTEGER) AND "notifyAt" IS NOT NULL AND "decision" IS NULL RETURNING "id"`,
      params: [id!, o.againMs, Number(tries)],
    }])
    if (rows!.length > 0)
      taken.push({ id: String(id), tries: Number(tries) + 1 })
  }
  const [next] = await db.read({ sql: `SELECT min(${epochMs('a."notifyAt"')}) - ${epochMs(now)} AS "ms" FROM approvals AS a WHERE ${open}`, params: [] })
  return { taken, nextMs: typeof next?.ms === 'number' ? Math.max(0, next.ms) : null }
}

/** It has been told, or is told again after `againMs`. */
export async function settleNotice(db: Database, id: string, againMs: number | null): Promise<void> {
  const { now, later } = db.sql
  await db.batch([againMs === null
    ? { sql: `UPDATE approvals SET "notifyAt" = NULL WHERE "id" = $1`, params: [id] }
    : { sql: `UPDATE approvals SET "notifyAt" = ${later(now, '$2')} WHERE "id" = $1 AND "notifyAt" IS NOT NULL`, params: [id, againMs] }])
}
