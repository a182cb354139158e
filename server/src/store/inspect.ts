import type { DatabaseStanding } from './standing.ts'
import { inspectPostgresql } from './inspect.postgresql.ts'
import { inspectSqlite } from './inspect.sqlite.ts'

/** Looks at a database and leaves it as it is. Rejects with DatabaseError. */
export async function inspectDatabase(databaseUrl: string): Promise<DatabaseStanding> {
  return databaseUrl.startsWith('file:') ? inspectSqlite(databaseUrl.slice('file:'.length)) : inspectPostgresql(databaseUrl)
}
