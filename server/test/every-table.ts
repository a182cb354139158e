import type { Dialect, FreshDatabase } from './conformance-harness.ts'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'

/** A column of a table of either database, as its own catalogue has it; `refers`: the table and column that it points at. */
interface Column { table: string, name: string, type: string, refers: { table: string, column: string } | null }

type Row = Record<string, unknown>
type Ask = (sql: string, params?: unknown[]) => Promise<Row[]>

/** The tables that the models have. */
export async function tablesOfModels(): Promise<string[]> {
  const folder = fileURLToPath(new URL('../../prisma/models/', import.meta.url))
  const texts = await Promise.all((await readdir(folder)).map(name => readFile(folder + name, 'utf8')))
  return texts.flatMap(text => [...text.matchAll(/@@map\("(\w+)"\)/g)].map(([, name]) => name!)).sort()
}

/**
 * Writes two rows into every table that there is, by the drivers alone: one with something in every column, the largest numbers and texts
 * that are hard to carry, and one with nothing in it that may be left out.
 */
export async function fillEveryTable(dialect: Dialect, where: Pick<FreshDatabase, 'databaseUrl'>): Promise<void> {
  await withDriver(dialect, where, async (ask) => {
    const columns = await readColumns(dialect, ask)
    const optional = new Set(await readOptional(dialect, ask))
    for (const table of inOrder(columns)) {
      for (const number of [1, 2]) {
        const given = columns.filter(column => column.table === table && (number === 1 || !optional.has(`${table}.${column.name}`)))
        const values = given.map(column => valueOf(dialect, column, number))
        const places = given.map((_, index) => dialect === 'sqlite' ? '?' : `$${index + 1}`)
        await ask(`INSERT INTO "${table}" (${given.map(({ name }) => `"${name}"`).join(', ')}) VALUES (${places.join(', ')})`, values)
      }
    }
  })
}

export type Rows = Record<string, Row[]>

/** All rows of all tables, in an order of their own; values as the driver has them. */
export async function readEveryTable(dialect: Dialect, where: Pick<FreshDatabase, 'databaseUrl'>): Promise<Rows> {
  return withDriver(dialect, where, async (ask) => {
    const tables = [...new Set((await readColumns(dialect, ask)).map(({ table }) => table))].sort()
    const all: Rows = {}
    for (const table of tables)
      all[table] = (await ask(`SELECT * FROM "${table}"`)).map(plainRow).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    return all
  })
}

/** The same words for the same values of both databases; columns in one order. */
function plainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => [name, plain(value)]))
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value))
    return `bytes ${value.toString('hex')}`
  if (value instanceof Date)
    return `${value.getTime()}`
  if (typeof value === 'boolean')
    return value ? '1' : '0'
  return value === null ? null : String(value)
}

const HARD_TEXT = 'ä "quoted" \\u0000 \\ \t\n\u{1F600} \u2028 '

function valueOf(dialect: Dialect, { table, name, type, refers }: Column, number: number): unknown {
  const kind = type.toLowerCase()
  if (refers)
    return `${refers.table}.${refers.column} ${number} ${HARD_TEXT}`
  if (kind === 'text')
    return `${table}.${name} ${number} ${HARD_TEXT}`
  if (kind === 'integer')
    return 2 ** 31 - 1 - number
  if (kind === 'bigint')
    return 2n ** 53n + 1n + BigInt(number) // which no double holds
  if (kind === 'real' || kind === 'double precision')
    return 0.1 + 0.2
  if (kind === 'boolean')
    return dialect === 'sqlite' ? number % 2 : number % 2 === 1
  if (kind === 'datetime')
    return 1_790_000_000_123 + number
  if (kind.startsWith('timestamp'))
    return new Date(1_790_000_000_123 + number).toISOString()
  return Buffer.from([0, 255, 10, 92, number])
}

function inOrder(columns: Column[]): string[] {
  const left = new Set(columns.map(({ table }) => table))
  const ordered: string[] = []
  while (left.size > 0) {
    const waits = new Set(columns.filter(({ table, refers }) => refers !== null && refers.table !== table && left.has(refers.table)).map(({ table }) => table))
    const free = [...left].filter(table => !waits.has(table))
    ordered.push(...free)
    free.forEach(table => left.delete(table))
  }
  return ordered
}

async function readColumns(dialect: Dialect, ask: Ask): Promise<Column[]> {
  const rows = await ask(dialect === 'sqlite'
    ? `SELECT m.name AS "table", c.name AS "name", c.type AS "type", f."table" AS "toTable", f."to" AS "toColumn" FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
        LEFT JOIN pragma_foreign_key_list(m.name) AS f ON f."from" = c.name WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_prisma_migrations'`
    : `SELECT c.table_name AS "table", c.column_name AS "name", c.data_type AS "type", u.table_name AS "toTable", u.column_name AS "toColumn" FROM information_schema.columns AS c
        LEFT JOIN (information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r ON r.constraint_name = k.constraint_name
          JOIN information_schema.constraint_column_usage AS u ON u.constraint_name = k.constraint_name) ON k.table_name = c.table_name AND k.column_name = c.column_name
        WHERE c.table_schema = 'public' AND c.table_name <> '_prisma_migrations'`)
  return rows.map(row => ({
    table: String(row.table),
    name: String(row.name),
    type: String(row.type),
    refers: row.toTable ? { table: String(row.toTable), column: String(row.toColumn) } : null,
  }))
}

async function readOptional(dialect: Dialect, ask: Ask): Promise<string[]> {
  const rows = await ask(dialect === 'sqlite'
    ? `SELECT m.name || '.' || c.name AS "column" FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND c."notnull" = 0 AND c.pk = 0`
    : `SELECT table_name || '.' || column_name AS "column" FROM information_schema.columns WHERE table_schema = 'public' AND is_nullable = 'YES'`)
  return rows.map(row => String(row.column))
}

async function withDriver<T>(dialect: Dialect, { databaseUrl }: Pick<FreshDatabase, 'databaseUrl'>, work: (ask: Ask) => Promise<T>): Promise<T> {
  if (dialect === 'sqlite') {
    const connection = new BetterSqlite3(databaseUrl.slice('file:'.length))
    connection.pragma('foreign_keys = ON')
    try {
      return await work(async (sql, params = []) => {
        const statement = connection.prepare(sql)
        if (statement.reader)
          return statement.safeIntegers().all(params) as Row[]
        statement.run(params)
        return []
      })
    }
    finally {
      connection.close()
    }
  }
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    return await work(async (sql, params = []) => (await client.query<Row>(sql, params)).rows)
  }
  finally {
    await client.end()
  }
}
