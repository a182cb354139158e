import type { Buffer } from 'node:buffer'
import type pg from 'pg'
import type { Column, Table, Value } from './row.ts'
import { quote, readMigrationNames, readTables } from './catalogue.postgresql.ts'
import { withConnection } from './connect.postgresql.ts'
import { encodeRow } from './row.ts'

/** The whole database as it was at one moment, while others go on writing. */
export interface PostgresSnapshot {
  migrations: string[]
  tables: Table[]
  /** What the database takes on its disk: more than its rows will. */
  sizeBytes: number
  /** A page of rows at a time, each as its line. */
  read: (table: Table) => AsyncGenerator<string[]>
}

/** All that `work` reads is of one moment. */
export async function withPostgresSnapshot<T>(url: string, work: (snapshot: PostgresSnapshot) => Promise<T>): Promise<T> {
  return withConnection(url, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { rows: [size] } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS "bytes"')
    const result = await work({
      migrations: await readMigrationNames(client),
      tables: await readTables(client),
      sizeBytes: Number(size?.bytes),
      read: table => readRows(client, table),
    })
    await client.query('COMMIT')
    return result
  })
}

const PAGE_ROWS = 200
/** Rows with bytes in them are of a MiB each. */
const PAGE_ROWS_OF_BYTES = 4

export async function* readRows(client: pg.ClientBase, { name, columns }: Table): AsyncGenerator<string[]> {
  const page = columns.some(({ kind }) => kind === 'bytes') ? PAGE_ROWS_OF_BYTES : PAGE_ROWS
  await client.query(`DECLARE copied NO SCROLL CURSOR FOR SELECT ${columns.map(selected).join(', ')} FROM ${quote(name)}`)
  while (true) {
    const { rows } = await client.query<unknown[]>({ text: `FETCH ${page} FROM copied`, rowMode: 'array' })
    if (rows.length === 0)
      break
    yield rows.map(row => encodeRow(row.map((value, index) => toValue(value, columns[index]!))))
  }
  await client.query('CLOSE copied')
}

function selected({ name, kind }: Column): string {
  return kind === 'moment' ? `round(extract(epoch FROM ${quote(name)}) * 1000)::float8` : quote(name)
}

/** The driver gives bigints as texts, bytes as a Buffer and all others as they are. */
function toValue(value: unknown, { kind }: Column): Value {
  if (value === null)
    return null
  return kind === 'bytes' ? (value as Buffer).toString('base64') : value as string | number | boolean // by the column's type
}
