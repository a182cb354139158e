import type { Database } from './database.ts'
import type { EachStatement } from './driver.ts'

/** `sql` has `$1`, `$2`, … each once and in their order: SQLite compiles them as `?`. */
export function forEach(db: Pick<Database, 'dialect'>, sql: string, each: EachStatement['each']): EachStatement {
  return { sql: db.dialect === 'sqlite' ? sql.replaceAll(/\$\d+/g, '?') : sql, each }
}
