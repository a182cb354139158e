import type { PoolConfig } from 'pg'
import type { MigrationAdapter } from './adapter.ts'
import { PrismaPg } from '@prisma/adapter-pg'

/** As on SQLite: the record of a migration is written in the transaction of the migration. */
const FINISH = `UPDATE "_prisma_migrations" SET "finished_at" = now() WHERE "finished_at" IS NULL AND "rolled_back_at" IS NULL`

/** The driver as the schema engine gets it: a migration is one transaction, its own record included. */
export function migrationAdapterPostgresql(pool: PoolConfig): MigrationAdapter {
  const factory = new PrismaPg({ ...pool, max: 1 })
  const open: PgAdapter[] = []
  let failure: Error | null = null
  const onFailure = (error: Error): void => void (failure = error)
  const keep = (adapter: PgAdapter): PgAdapter => {
    adapter.underlyingDriver().on('error', () => {}) // the next statement says it; without a listener the process would end
    open.push(adapter)
    return adapter
  }
  return {
    factory: {
      provider: 'postgres',
      adapterName: factory.adapterName,
      connect: async () => whole(keep(await factory.connect()), script => `${script}\n;${FINISH}`, onFailure),
      connectToShadowDb: async () => whole(keep(await factory.connectToShadowDb()), script => script, onFailure),
    },
    failure: () => failure,
    async close() {
      await Promise.all(open.splice(0).map(adapter => adapter.underlyingDriver().ended ? null : adapter.dispose()))
    },
  }
}

type PgAdapter = Awaited<ReturnType<PrismaPg['connect']>>

/** The adapter cuts a script at every semicolon, those inside of functions too; PostgreSQL takes it whole, as one transaction. */
function whole(adapter: PgAdapter, complete: (script: string) => string, onFailure: (error: Error) => void): PgAdapter {
  adapter.executeScript = async (script) => {
    await adapter.underlyingDriver().query(complete(script)).catch((error: Error) => {
      onFailure(error)
      throw error
    })
  }
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = query => queryRaw({ ...query, sql: readable(query.sql) })
  return adapter
}

/**
 * The engine reads columns of PostgreSQL's internal one-letter type, which the adapter has no type for. And PostgreSQL 18 lists each
 * NOT NULL among the constraints that the engine does not know otherwise.
 */
function readable(sql: string): string {
  return sql
    .replace('constr.contype AS', 'constr.contype::text AS')
    .replace(/ con\.(confdeltype|confupdtype),/g, ' con.$1::text,')
    .replace(`contype NOT IN ('p', 'u', 'f')`, `contype NOT IN ('p', 'u', 'f', 'n')`)
}
