import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'

/** The engine opens connections and does not close them: `close` does. */
export interface MigrationAdapter {
  factory: SqlMigrationAwareDriverAdapterFactory
  close: () => Promise<void>
  /** Why a script failed; the engine keeps it to itself. */
  failure: () => Error | null
}
