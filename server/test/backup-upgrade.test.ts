import type { Rows } from './every-table.ts'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../src/store/database.ts'
import { migrationAdapterPostgresql } from '../src/store/migrations/adapter.postgresql.ts'
import { migrationAdapterSqlite } from '../src/store/migrations/adapter.sqlite.ts'
import { listMigrations } from '../src/store/migrations/folder.ts'
import { applyMigrations } from '../src/store/migrations/migrate.ts'
import { freshDatabase } from './conformance-harness.ts'
import { fillEveryTable, readEveryTable, tablesOfModels } from './every-table.ts'

const MIGRATIONS = { sqlite: await listMigrations('sqlite'), postgresql: await listMigrations('postgresql') }

describe.each(['sqlite', 'postgresql'] as const)('a database of an earlier version (%s)', (dialect) => {
  const steps = MIGRATIONS[dialect].map((name, index) => ({ name, migrations: MIGRATIONS[dialect].slice(0, index + 1) }))

  it.each(steps)('that had been brought up to $name is brought forward with every row of every table', async ({ migrations }) => {
    const where = await freshDatabase(dialect)
    try {
      const adapter = dialect === 'sqlite' ? migrationAdapterSqlite(where.databaseUrl.slice('file:'.length)) : migrationAdapterPostgresql({ connectionString: where.databaseUrl })
      await applyMigrations(dialect, adapter, [], migrations)
      await fillEveryTable(dialect, where)
      const before = await readEveryTable(dialect, where)
      expect(Object.values(before).every(rows => rows.length >= 2)).toBe(true)

      const db = await openDatabase(where)
      const after = await readEveryTable(dialect, where)
      expect(Object.keys(after).sort()).toEqual(await tablesOfModels())
      for (const [table, rows] of Object.entries(before))
        expect([table, asOf(after[table]!, rows)]).toEqual([table, rows])
      await db.close()
    }
    finally {
      await where.remove()
    }
  })

  it('has every table of the models filled by this test', async () => {
    const where = await freshDatabase(dialect)
    await (await openDatabase(where)).close()
    await fillEveryTable(dialect, where)
    const rows = await readEveryTable(dialect, where)
    expect(Object.keys(rows).sort()).toEqual(await tablesOfModels())
    await where.remove()
  })
})

/** The rows with the columns that they had. */
function asOf(after: Rows[string], before: Rows[string]): Rows[string] {
  const names = Object.keys(before[0]!)
  return after.map(row => Object.fromEntries(names.map(name => [name, row[name]]))).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
}
