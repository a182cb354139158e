import type { DatabaseStanding } from './standing.ts'
import pg from 'pg'
import { postgresqlDatabaseError } from './errors.postgresql.ts'
import { DatabaseError } from './errors.ts'
import { readApplied } from './migrations/applied.postgresql.ts'
import { pendingMigrations } from './migrations/migrate.ts'

const WAIT_MS = 5_000

export async function inspectPostgresql(url: string): Promise<DatabaseStanding> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: WAIT_MS, statement_timeout: WAIT_MS, application_name: 'agentos doctor' })
  client.on('error', () => {}) // the statement that is under way says it
  try {
    await client.connect()
    const { apartMs, tookMs } = await compareClocks(client)
    const applied = await readApplied(client)
    const pending = await pendingMigrations('postgresql', applied)
    const first = async <T>(table: string, sql: string): Promise<T | null> => {
      const { rows } = await client.query(`SELECT to_regclass('${table}') IS NOT NULL AS "exists"`) as { rows: { exists: boolean }[] }
      return rows[0]?.exists ? ((await client.query(sql)).rows[0] as T | undefined) ?? null : null // the columns that it names
    }
    const newest = await first<{ at: number | null }>('runs', `SELECT (extract(epoch FROM max("createdAt")) * 1000)::float8 AS "at" FROM runs`)
    const key = await first<{ value: string }>('settings', `SELECT "value" FROM settings WHERE "name" = 'secret key fingerprint'`)
    return {
      dialect: 'postgresql',
      exists: applied.length > 0,
      applied: applied.filter(({ finished }) => finished).length,
      pending,
      tookMs,
      apartMs,
      newestMs: newest?.at ?? null,
      keyFingerprint: key?.value ?? null,
      sealed: await first<NonNullable<DatabaseStanding['sealed']>>('secrets', `SELECT "organisationId", "name", "sealed" FROM secrets ORDER BY "updatedAt" DESC LIMIT 1`),
    }
  }
  catch (error) {
    throw error instanceof DatabaseError ? error : postgresqlDatabaseError(error)
  }
  finally {
    await client.end().catch(() => {}) // it is gone either way
  }
}

/** The quickest of some answers says it best: half of its time is the way back. */
async function compareClocks(client: pg.Client): Promise<{ apartMs: number, tookMs: number }> {
  let best = { apartMs: 0, tookMs: Number.POSITIVE_INFINITY }
  for (let i = 0; i < 3; i++) {
    const sentAt = Date.now()
    const startedAt = performance.now()
    const { rows } = await client.query('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "at"') as { rows: { at: number }[] }
    const tookMs = performance.now() - startedAt
    if (tookMs < best.tookMs)
      best = { apartMs: rows[0]!.at - (sentAt + tookMs / 2), tookMs }
  }
  return best
}
