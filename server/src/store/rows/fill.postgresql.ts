import type pg from 'pg'
import type { Table, TableSum, Value } from './row.ts'
import { DatabaseError } from '../errors.ts'
import { migrationAdapterPostgresql } from '../migrations/adapter.postgresql.ts'
import { applyMigrations } from '../migrations/migrate.ts'
import { MIGRATION_LOCK } from '../open.postgresql.ts'
import { isEmptyDatabase, quote, readTables } from './catalogue.postgresql.ts'
import { withConnection } from './connect.postgresql.ts'
import { readRows } from './read.postgresql.ts'
import { bytesOf, createTableSum, decodeRow } from './row.ts'

/** A database that is being filled: nobody else sees anything of it before it is whole. */
export interface PostgresFill {
  tables: Table[]
  /** Rows as their lines, in the table's columns. */
  write: (table: Table, lines: string[]) => Promise<void>
  /** What has been written, read back. */
  sum: (table: Table) => Promise<TableSum>
}

/**
 * Makes the tables of these migrations in an empty database, and lets `work` fill them in one transaction. Servers that start meanwhile
 * wait. Whatever fails, the database is left empty. Rejects with DatabaseError when it is not empty at the beginning.
 */
export async function fillPostgres<T>(url: string, migrations: string[], work: (fill: PostgresFill) => Promise<T>): Promise<T> {
  return withConnection(url, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    if (!await isEmptyDatabase(client))
      throw new DatabaseError('refused', `${nameOf(url)} is not empty, and nothing that is there is ever overwritten: name a database that has just been made`)
    try {
      await applyMigrations('postgresql', migrationAdapterPostgresql({ connectionString: url }), [], migrations)
      return await fill(client, work)
    }
    catch (error) {
      await withConnection(url, empty).catch(() => {}) // a database that is out of reach cannot be emptied: the first failure is the one to tell
      throw error
    }
  })
}

async function fill<T>(client: pg.Client, work: (fill: PostgresFill) => Promise<T>): Promise<T> {
  await client.query('BEGIN')
  try {
    const tables = await readTables(client)
    const triggers = async (verb: 'DISABLE' | 'ENABLE'): Promise<void> => {
      for (const { name } of tables)
        await client.query(`ALTER TABLE ${quote(name)} ${verb} TRIGGER USER`)
    }
    await triggers('DISABLE') // what they would count is in the rows already
    const result = await work({
      tables,
      write: (table, lines) => insert(client, table, lines),
      sum: table => sumOf(client, table),
    })
    await triggers('ENABLE')
    await client.query('COMMIT')
    return result
  }
  catch (error) {
    await client.query('ROLLBACK').catch(() => {}) // the connection is gone, and the transaction with it
    throw error
  }
}

async function insert(client: pg.Client, { name, columns }: Table, lines: string[]): Promise<void> {
  const names = columns.map(column => quote(column.name)).join(', ')
  const rows = lines.map((line) => {
    const values = decodeRow(line)
    return Object.fromEntries(columns.map((column, index) => [column.name, toJson(values[index] ?? null, column.kind)]))
  })
  await client.query(`INSERT INTO ${quote(name)} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${quote(name)}, $1::json)`, [JSON.stringify(rows)])
}

/** As PostgreSQL reads a value of that type. */
function toJson(value: Value, kind: Table['columns'][number]['kind']): Value {
  if (value === null)
    return null
  if (kind === 'moment')
    return new Date(Number(value)).toISOString()
  return kind === 'bytes' ? `\\x${bytesOf(String(value)).toString('hex')}` : value
}

async function sumOf(client: pg.Client, table: Table): Promise<TableSum> {
  const sum = createTableSum()
  for await (const lines of readRows(client, table))
    lines.forEach(sum.add)
  return sum.value()
}

/** It was empty before: all that is in it now is ours. */
async function empty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT table_name AS "name" FROM information_schema.tables WHERE table_schema = current_schema()')
  if (rows.length > 0)
    await client.query(`DROP TABLE ${rows.map(({ name }) => quote(name)).join(', ')} CASCADE`)
  const { rows: functions } = await client.query<{ name: string }>(`SELECT oid::regprocedure::text AS "name" FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')`)
  for (const { name } of functions)
    await client.query(`DROP FUNCTION ${name}`)
}

/** Never the password. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `the database ${pathname.slice(1)} of ${host}`
}
