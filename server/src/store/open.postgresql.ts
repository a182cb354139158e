import type { OpenedDatabase, Prisma } from './driver.ts'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { createPostgresqlBells } from './bells.postgresql.ts'
import { createPostgresqlDriver } from './driver.postgresql.ts'
import { postgresqlDatabaseError } from './errors.postgresql.ts'
import { DatabaseError } from './errors.ts'
import { migrationAdapterPostgresql } from './migrations/adapter.postgresql.ts'
import { readApplied } from './migrations/applied.postgresql.ts'
import { applyMigrations, pendingMigrations } from './migrations/migrate.ts'

/** Any number that other programs on the same server are unlikely to take. */
export const MIGRATION_LOCK = 4_700_001

/** For a connection of the pool, whoever asks. */
const CONNECTION_WAIT_MS = 10_000

export async function openPostgresql(url: string): Promise<OpenedDatabase> {
  await migrate(url)
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: CONNECTION_WAIT_MS, keepAlive: true, application_name: 'agentos' })
  pool.on('error', () => {}) // an idle connection was cut: the pool makes another, the process must not end
  const { PrismaClient } = await import('./generated/postgresql/client.ts')
  const client = new PrismaClient({ adapter: new PrismaPg(pool, { onConnectionError: () => {} }), transactionOptions: { maxWait: CONNECTION_WAIT_MS } })
  return {
    driver: createPostgresqlDriver(pool),
    bells: createPostgresqlBells(url, pool),
    prisma: client as unknown as Prisma, // made from the same models
    async close() {
      await client.$disconnect()
      await pool.end()
    },
  }
}

async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'agentos migrations' })
  client.on('error', () => {}) // the statement that is under way says it
  try {
    await client.connect()
    if ((await pendingMigrations('postgresql', await readApplied(client))).length === 0)
      return
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    const applied = await readApplied(client)
    if ((await pendingMigrations('postgresql', applied)).length > 0)
      await applyMigrations('postgresql', migrationAdapterPostgresql({ connectionString: url }), applied)
  }
  catch (error) {
    throw error instanceof DatabaseError ? error : postgresqlDatabaseError(error)
  }
  finally {
    await client.end().catch(() => {}) // gives the lock back
  }
}
