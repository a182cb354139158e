import type { Database } from './database.ts'
import type { RunAppend } from './run-append.ts'
import { postgresqlAppend } from './append.postgresql.ts'
import { sqliteAppend } from './append.sqlite.ts'
import { settleCalls } from './settle-calls.ts'

/**
 * Appends to many logs in one statement (on SQLite one transaction of two), each under its own run's fence: a run whose fence is lost
 * is left out, and is not in the answer. What the calls to models in it came to is settled in the same transaction. `token` is new with
 * each append; with it `wasStored` can say later what became of it. A run stands in it once. Resolves to the last seq of each run that
 * was written.
 */
export async function appendEvents(db: Database, token: string, runs: RunAppend[]): Promise<Map<string, number>> {
  const append = db.dialect === 'sqlite' ? sqliteAppend(token, runs) : postgresqlAppend(token, runs)
  const results = await db.batch([...append, ...settleCalls(db, token, runs, append.length)])
  return new Map(results[0]!.map(row => [row.id as string, row.lastSeq as number])) // the first statement returns both
}

/** After an append whose answer was lost: the runs in which it is stored all the same, with their last seq. */
export async function wasStored(db: Database, token: string, runIds: string[]): Promise<Map<string, number>> {
  const rows = await db.read({ sql: `SELECT "id", "lastSeq" FROM runs WHERE "id" IN ${db.sql.texts('$1')} AND "lastAppend" = $2`, params: [JSON.stringify(runIds), token] })
  return new Map(rows.map(row => [row.id as string, row.lastSeq as number]))
}
