import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'

/** The engine opens connections and does not close them: `close` does. */
export interface MigrationAdapter {
  factory: SqlMigrationAwareDriverAdapterFactory
  close: () => Promise<void>
}
