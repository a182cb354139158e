import type { DiffTarget } from '@prisma/schema-engine-wasm'
import type { MigrationAdapter } from '../migrations/adapter.ts'
import type { Dialect } from '../migrations/folder.ts'
import { migrationAdapterPostgresql } from '../migrations/adapter.postgresql.ts'
import { migrationAdapterSqlite } from '../migrations/adapter.sqlite.ts'
import { migrationList, NO_FILTER, startSchemaEngine } from '../migrations/engine.ts'
import { readMigrations, readModels } from '../migrations/folder.ts'

/** The SQL that leads from the migrations to the models; null when they agree. `postgresUrl`: a server that it may make a database on. */
export async function diffModels(dialect: Dialect, postgresUrl: string): Promise<string | null> {
  const migrations = await readMigrations(dialect)
  const from: DiffTarget = migrations.length === 0 ? { tag: 'empty' } : { tag: 'migrations', ...migrationList(dialect, migrations) }
  const adapter = adapterFor(dialect, postgresUrl)
  const engine = await startSchemaEngine(dialect, adapter)
  try {
    const to: DiffTarget = { tag: 'schemaDatamodel', files: await readModels(dialect) }
    const { stdout } = await engine.diff({ from, to, script: true, exitCode: null, filters: NO_FILTER })
    return stdout === null || stdout.includes('-- This is an empty migration.') ? null : stdout
  }
  finally {
    engine.free()
    await adapter.close()
  }
}

function adapterFor(dialect: Dialect, postgresUrl: string): MigrationAdapter {
  return dialect === 'sqlite' ? migrationAdapterSqlite(':memory:') : migrationAdapterPostgresql({ connectionString: `${postgresUrl}/postgres` })
}
