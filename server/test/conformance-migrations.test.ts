import type { Database } from '../src/store/database.ts'
import type { Dialect, FreshDatabase } from './conformance-harness.ts'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { ensureOwner } from '../src/store/actor.ts'
import { openDatabase } from '../src/store/database.ts'
import { diffModels } from '../src/store/develop/diff-models.ts'
import { migrationAdapterPostgresql } from '../src/store/migrations/adapter.postgresql.ts'
import { migrationAdapterSqlite } from '../src/store/migrations/adapter.sqlite.ts'
import { migrationList, NO_FILTER, startSchemaEngine } from '../src/store/migrations/engine.ts'
import { readMigrations } from '../src/store/migrations/folder.ts'
import { freshDatabase } from './conformance-harness.ts'

describe.each<Dialect>(['sqlite', 'postgresql'])('migrations (%s)', (dialect) => {
  let where: FreshDatabase
  beforeEach(async () => {
    where = await freshDatabase(dialect)
  })
  afterEach(() => where.remove())

  async function change(sql: string): Promise<void> {
    const db = await openDatabase(where)
    await db.batch([{ sql, params: [] }])
    await db.close()
  }
  const recorded = (db: Database) => db.read({ sql: `SELECT migration_name AS "name", CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END AS "finished" FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name`, params: [] })

  it('have all that the models have', async () => {
    expect(await diffModels(dialect, inject('postgresUrl'))).toBeNull()
  })

  it('are applied once, however often the database is opened', async () => {
    const first = await openDatabase(where)
    const owner = await ensureOwner(first)
    const before = await recorded(first)
    await first.close()
    const second = await openDatabase(where)
    expect(await recorded(second)).toEqual(before)
    expect(before.every(row => row.finished === 1)).toBe(true)
    expect(await ensureOwner(second)).toEqual(owner)
    await second.close()
  })

  it('refuse a database that a newer program has written', async () => {
    const id = `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)`
    await change(`${id} VALUES ('x', 'x', '99990101000000_from_the_future', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1)`)
    await expect(openDatabase(where)).rejects.toMatchObject({ name: 'DatabaseError', code: 'newer', message: expect.stringContaining('99990101000000_from_the_future') as unknown })
  })

  it('keep nothing of one that fails, say why, and go through when it is mended', async () => {
    await (await openDatabase(where)).close()
    await expect(applyLater('CREATE TABLE half (a INTEGER); CREATE TABLE half (a INTEGER);')).rejects.toThrow(/half.* already exists/)
    await applyLater('CREATE TABLE half (a INTEGER);')
  })

  /** As the program would that comes after this one. */
  async function applyLater(script: string): Promise<void> {
    const later = { name: '99990101000000_later', script }
    const adapter = dialect === 'sqlite' ? migrationAdapterSqlite(where.databaseUrl.slice('file:'.length)) : migrationAdapterPostgresql({ connectionString: where.databaseUrl })
    const engine = await startSchemaEngine(dialect, adapter)
    try {
      await engine.markMigrationRolledBack({ migrationName: later.name }).catch(() => {}) // the first time there is none
      await engine.applyMigrations({ migrationsList: migrationList(dialect, [...await readMigrations(dialect), later]), filters: NO_FILTER })
    }
    catch (error) {
      throw adapter.failure() ?? error
    }
    finally {
      engine.free()
      await adapter.close()
    }
  }

  it('are begun anew when the process was killed in the middle of one', async () => {
    const db = await openDatabase(where)
    const before = await recorded(db)
    const tables = await db.read({ sql: dialect === 'sqlite'
      ? `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_prisma_migrations'`
      : `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`, params: [] })
    // A migration is one transaction, so what a kill leaves is its record alone, not finished.
    if (dialect === 'sqlite')
      await db.read({ sql: 'PRAGMA foreign_keys = OFF', params: [] })
    await db.batch([
      ...tables.map(table => ({ sql: `DROP TABLE "${String(table.name)}"${dialect === 'sqlite' ? '' : ' CASCADE'}`, params: [] })),
      ...dialect === 'sqlite' ? [] : [{ sql: 'DROP FUNCTION tally_runs', params: [] }],
      { sql: `UPDATE _prisma_migrations SET finished_at = NULL, applied_steps_count = 0`, params: [] },
    ])
    await db.close()
    const again = await openDatabase(where)
    expect(await recorded(again)).toEqual(before)
    await ensureOwner(again)
    await again.close()
  })
})

it('migrations are applied by one of several servers that start at once', async () => {
  const where = await freshDatabase('postgresql')
  const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(where)))
  const owners = await Promise.all(opened.map(ensureOwner))
  expect(new Set(owners.map(owner => owner.organisationId)).size).toBe(1)
  await Promise.all(opened.map(db => db.close()))
  await where.remove()
})
