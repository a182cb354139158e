import type { DatabaseStanding } from './standing.ts'
import { existsSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { checkWhole } from './check-whole.sqlite.ts'
import { sqliteDatabaseError } from './errors.sqlite.ts'
import { DatabaseError } from './errors.ts'
import { pendingMigrations } from './migrations/migrate.ts'

const NEW = { dialect: 'sqlite', exists: false, applied: 0, pending: [], tookMs: 0, apartMs: 0, newestMs: null, keyFingerprint: null, sealed: null } as const

export async function inspectSqlite(path: string): Promise<DatabaseStanding> {
  if (!existsSync(path))
    return { ...NEW, pending: [] }
  try {
    for (const each of [path, dirname(path)]) {
      await access(each, constants.R_OK | constants.W_OK).catch((error: Error) => {
        throw new DatabaseError('read_only', `${each} cannot be written by this user: ${error.message}`, { cause: error })
      })
    }
    checkWhole(path)
    const startedAt = performance.now()
    const connection = new BetterSqlite3(path, { readonly: true, fileMustExist: true, timeout: 2_000 })
    try {
      const read = <T>(sql: string) => connection.prepare(sql).get() as T | undefined // the columns that each names
      if (!read(`SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`))
        throw new DatabaseError('damaged', `${path} is an SQLite database, but not one of AgentOS: check DATABASE_URL`)
      const applied = connection.prepare(`SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations WHERE rolled_back_at IS NULL`).all() as { name: string, finished: number }[] // likewise
      const pending = await pendingMigrations('sqlite', applied.map(({ name, finished }) => ({ name, finished: finished === 1 })))
      const newest = read<{ at: number | null }>('SELECT max("createdAt") AS at FROM runs')
      const has = (table: string) => read<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND name = '${table}'`) !== undefined
      return {
        ...NEW,
        exists: true,
        applied: applied.filter(({ finished }) => finished === 1).length,
        pending,
        tookMs: performance.now() - startedAt,
        newestMs: newest?.at ?? null,
        sealed: has('secrets') ? read<NonNullable<DatabaseStanding['sealed']>>('SELECT "organisationId", "name", "sealed" FROM secrets ORDER BY "updatedAt" DESC LIMIT 1') ?? null : null,
      }
    }
    finally {
      connection.close()
    }
  }
  catch (error) {
    throw sqliteDatabaseError(error, path)
  }
}
