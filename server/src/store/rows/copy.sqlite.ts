import type { Table, Value } from './row.ts'
import { writeFileSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'
import { sqliteDatabaseError } from '../errors.sqlite.ts'
import { storable } from '../text.ts'
import { encodeRow } from './row.ts'

/**
 * Writes the database as it is at this moment into a new file, while another process may go on writing it. Blocks the thread for as long
 * as that takes. Throws DatabaseError.
 */
export function copySqlite(path: string, to: string): void {
  writeFileSync(to, '', { flag: 'wx', mode: 0o600 }) // SQLite would let everybody read it; a file that is empty it takes for a new one
  withReader(path, connection => connection.prepare('VACUUM INTO ?').run(to))
}

export interface SqliteFacts {
  migrations: string[]
  tables: { name: string, rows: number }[]
  /** Every hash that a row names. */
  sha256s: string[]
}

/** What a file that nobody writes any more holds. */
export function describeSqlite(path: string): SqliteFacts {
  return withReader(path, connection => ({
    migrations: texts(connection, `SELECT migration_name FROM _prisma_migrations WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL ORDER BY migration_name`),
    tables: tableNames(connection).map(name => ({ name, rows: Number(connection.prepare(`SELECT count(*) FROM "${name}"`).pluck().get()) })),
    sha256s: texts(connection, namedHashes(connection)),
  }))
}

/** Every column that has the hash of kept bytes, found by its name, so that a new table is not forgotten; those of the bytes themselves are not meant. */
function namedHashes(connection: BetterSqlite3.Database): string {
  const columns = connection.prepare(`SELECT m.name AS "table", c.name AS "column" FROM sqlite_master AS m, pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT IN ('blobs', 'blob_chunks') AND lower(c.name) LIKE '%sha256'`).all() as { table: string, column: string }[] // the columns named here
  const parts = columns.map(({ table, column }) => `SELECT "${column}" FROM "${table}" WHERE "${column}" IS NOT NULL`)
  return parts.length === 0 ? 'SELECT 1 WHERE false' : parts.join(' UNION ')
}

/** What SQLite finds wrong with it; null when it is whole. */
export function faultOfSqlite(path: string): string | null {
  return withReader(path, (connection) => {
    const [said] = texts(connection, 'PRAGMA integrity_check(1)')
    if (said !== 'ok')
      return said ?? 'it says nothing'
    const [broken] = connection.pragma('foreign_key_check') as { table: string }[] // a row for each one
    return broken ? `a row of ${broken.table} points at one that is not there` : null
  })
}

/** The rows of a table in its lines, a page at a time. Its columns are those that PostgreSQL has: a text that it would not take is made one that it does. */
export async function* readSqliteRows(path: string, { name, columns }: Table): AsyncGenerator<string[]> {
  const connection = openReader(path)
  try {
    const statement = connection.prepare(`SELECT ${columns.map(column => `"${column.name}"`).join(', ')} FROM "${name}"`).raw().safeIntegers()
    let page: string[] = []
    for (const row of statement.iterate() as IterableIterator<unknown[]>) {
      page.push(encodeRow(row.map((value, index) => toValue(value, columns[index]!, name))))
      if (page.length === PAGE_ROWS) {
        yield page
        page = []
      }
    }
    if (page.length > 0)
      yield page
  }
  finally {
    connection.close()
  }
}

const PAGE_ROWS = 200

/** Integers come as bigints. A value of another type than its column's is damage, and not to be guessed at. */
function toValue(value: unknown, { name, kind }: Table['columns'][number], table: string): Value {
  if (value === null)
    return null
  if (kind === 'text' && typeof value === 'string')
    return storable(value)
  if ((kind === 'integer' || kind === 'moment') && typeof value === 'bigint')
    return Number(value)
  if (kind === 'bigint' && typeof value === 'bigint')
    return value.toString()
  if (kind === 'real' && (typeof value === 'number' || typeof value === 'bigint'))
    return Number(value)
  if (kind === 'boolean' && typeof value === 'bigint')
    return value !== 0n
  if (kind === 'bytes' && Buffer.isBuffer(value))
    return value.toString('base64')
  throw new Error(`a row of ${table} has ${typeof value} in ${name}, which is of the kind ${kind}`)
}

function tableNames(connection: BetterSqlite3.Database): string[] {
  return texts(connection, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_prisma_migrations' ORDER BY name`)
}

export function listSqliteTables(path: string): string[] {
  return withReader(path, tableNames)
}

function texts(connection: BetterSqlite3.Database, sql: string): string[] {
  return connection.prepare(sql).pluck().all() as string[] // each of them has one column of text
}

function withReader<T>(path: string, work: (connection: BetterSqlite3.Database) => T): T {
  try {
    const connection = openReader(path)
    try {
      return work(connection)
    }
    finally {
      connection.close()
    }
  }
  catch (error) {
    throw sqliteDatabaseError(error, path)
  }
}

/** A reader beside the one process that writes: it waits for nobody, and nobody for it. */
function openReader(path: string): BetterSqlite3.Database {
  return new BetterSqlite3(path, { readonly: true, fileMustExist: true, timeout: 10_000 })
}
