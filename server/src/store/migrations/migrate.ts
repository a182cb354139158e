import type { MigrationAdapter } from './adapter.ts'
import type { Dialect } from './folder.ts'
import { DatabaseError } from '../errors.ts'
import { listMigrations, readMigrations } from './folder.ts'

/** A row of `_prisma_migrations` that was not rolled back. `finished` is false when its process died while it was applied. */
export interface AppliedMigration { name: string, finished: boolean }

/** What is to be done. Compares names alone, so that a start with nothing to do costs a few milliseconds. */
export async function pendingMigrations(dialect: Dialect, applied: AppliedMigration[]): Promise<string[]> {
  const known = await listMigrations(dialect)
  const newer = applied.find(migration => !known.includes(migration.name))
  if (newer)
    throw new DatabaseError('newer', `this database was written by a newer AgentOS (it has the migration ${newer.name}, which this version does not know): start that version, or use another database`)
  return known.filter(name => !applied.some(migration => migration.name === name && migration.finished))
}

/**
 * Applies what is pending. The caller holds the lock. A migration that a killed process left half done is begun anew: each is one transaction.
 * `only`: these and no others, to make the tables as an earlier version had them.
 */
export async function applyMigrations(dialect: Dialect, adapter: MigrationAdapter, applied: AppliedMigration[], only?: string[]): Promise<string[]> {
  const { migrationList, startSchemaEngine, NO_FILTER } = await import('./engine.ts')
  const migrationsList = migrationList(dialect, (await readMigrations(dialect)).filter(({ name }) => only?.includes(name) ?? true))
  const engine = await startSchemaEngine(dialect, adapter)
  try {
    for (const { name, finished } of applied) {
      if (!finished)
        await engine.markMigrationRolledBack({ migrationName: name })
    }
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: NO_FILTER })
    return appliedMigrationNames
  }
  catch (error) {
    const why = adapter.failure() ?? error as Error // the engine throws errors
    throw new DatabaseError('migration', `the database could not be brought up to date: ${why.message.split('\n')[0]}. Nothing of the failed migration was kept`, { cause: error })
  }
  finally {
    engine.free()
    await adapter.close()
  }
}
