import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import type { MigrationAdapter } from './adapter.ts'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { DriverAdapterError } from '@prisma/driver-adapter-utils'

/**
 * Marks the migration that is being applied as finished inside its own transaction. The engine does it only afterwards: were the
 * process killed in between, the record would say that it failed although all of it is there.
 */
const FINISH = `UPDATE "_prisma_migrations" SET "finished_at" = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') WHERE "finished_at" IS NULL AND "rolled_back_at" IS NULL`

/** The driver as the schema engine gets it: a migration is one transaction, its own record included. */
export function migrationAdapterSqlite(path: string): MigrationAdapter {
  const factory = new PrismaBetterSqlite3({ url: path, timeout: 10_000 })
  const open: SqlDriverAdapter[] = []
  let failure: Error | null = null
  const onFailure = (error: Error): void => void (failure = error)
  const keep = (adapter: SqlDriverAdapter): SqlDriverAdapter => {
    open.push(adapter)
    return adapter
  }
  return {
    factory: {
      provider: 'sqlite',
      adapterName: factory.adapterName,
      connect: async () => atomic(keep(await factory.connect()), onFailure),
      connectToShadowDb: async () => scripted(keep(await factory.connectToShadowDb())),
    },
    failure: () => failure,
    async close() {
      await Promise.all(open.splice(0).map(adapter => adapter.dispose()))
    },
  }
}

function atomic(adapter: SqlDriverAdapter, onFailure: (error: Error) => void): SqlDriverAdapter {
  return override(adapter, {
    async executeScript(script) {
      // A pragma inside a transaction does nothing, and dropping a table with the keys on would empty those that point at it.
      await adapter.executeScript('PRAGMA foreign_keys=OFF')
      try {
        await adapter.executeScript(`BEGIN IMMEDIATE;\n${script}\n;${FINISH};\nCOMMIT;`)
      }
      catch (error) {
        await adapter.executeScript('ROLLBACK').catch(() => {})
        onFailure(describe(error))
        throw error
      }
    },
  })
}

function describe(error: unknown): Error {
  const said = error instanceof DriverAdapterError ? error.cause.originalMessage : undefined
  return new Error(said ?? String(error), { cause: error })
}

/** The engine sends a whole migration to the shadow database as one statement, which the driver would refuse. */
function scripted(adapter: SqlDriverAdapter): SqlDriverAdapter {
  return override(adapter, {
    async executeRaw(query) {
      await adapter.executeScript(query.sql)
      return 0
    },
  })
}

function override(adapter: SqlDriverAdapter, methods: Partial<SqlDriverAdapter>): SqlDriverAdapter {
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: query => adapter.queryRaw(query),
    executeRaw: query => adapter.executeRaw(query),
    executeScript: script => adapter.executeScript(script),
    startTransaction: level => adapter.startTransaction(level),
    dispose: async () => {},
    ...methods,
  }
}
