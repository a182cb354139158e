import type pg from 'pg'
import type { Column, ColumnKind, Table } from './row.ts'
import { orderTables } from './row.ts'

const KINDS: Record<string, ColumnKind> = {
  'text': 'text',
  'integer': 'integer',
  'bigint': 'bigint',
  'double precision': 'real',
  'boolean': 'boolean',
  'timestamp without time zone': 'moment',
  'bytea': 'bytes',
}

/** Every table of ours as the database itself has it, those first that others point at; not the record of the migrations. */
export async function readTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<{ table: string, column: string, type: string }>(`SELECT c.table_name AS "table", c.column_name AS "column", c.data_type AS "type"
    FROM information_schema.columns AS c JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> '_prisma_migrations'`)
  const { rows: references } = await client.query<{ from: string, to: string }>(`SELECT f.relname AS "from", t.relname AS "to"
    FROM pg_constraint AS c JOIN pg_class AS f ON f.oid = c.conrelid JOIN pg_class AS t ON t.oid = c.confrelid
    WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`)
  const tables = [...Map.groupBy(rows, row => row.table)].sort(([a], [b]) => compare(a, b)).map(([name, columns]) => ({
    name,
    columns: columns.map(({ column, type }): Column => ({ name: column, kind: kindOf(name, column, type) })).sort((a, b) => compare(a.name, b.name)),
  }))
  return orderTables(tables, references)
}

function kindOf(table: string, column: string, type: string): ColumnKind {
  const kind = KINDS[type]
  if (!kind)
    throw new Error(`${table}.${column} is of the type ${type}, which no backup knows how to write`)
  return kind
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** In the order in which they were applied; none when nobody has made the tables yet. */
export async function readMigrationNames(client: pg.ClientBase): Promise<string[]> {
  const { rows: [found] } = await client.query<{ exists: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS "exists"`)
  if (!found?.exists)
    return []
  const { rows } = await client.query<{ name: string }>(`SELECT migration_name AS "name" FROM _prisma_migrations WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL ORDER BY migration_name`)
  return rows.map(({ name }) => name)
}

/** Whether anything of anybody's is in it. */
export async function isEmptyDatabase(client: pg.ClientBase): Promise<boolean> {
  const { rows: [found] } = await client.query<{ objects: string }>(`SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
    + (SELECT count(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')) AS "objects"`)
  return Number(found?.objects) === 0
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
