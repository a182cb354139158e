import type { OpenedDatabase } from './driver.ts'
import { chmodSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import BetterSqlite3 from 'better-sqlite3'
import { connectSqlite } from './adapter.sqlite.ts'
import { checkWhole } from './check-whole.sqlite.ts'
import { sqliteDatabaseError } from './errors.sqlite.ts'
import { DatabaseError } from './errors.ts'
import { lockDatabase } from './lock.sqlite.ts'
import { migrationAdapterSqlite } from './migrations/adapter.sqlite.ts'
import { applyMigrations, pendingMigrations } from './migrations/migrate.ts'

export async function openSqlite(url: string, dataDir: string): Promise<OpenedDatabase> {
  const asked = resolve(url.replace(/^file:/, ''))
  mkdirSync(dirname(asked), { recursive: true })
  const path = existsSync(asked) ? realpathSync(asked) : join(realpathSync(dirname(asked)), basename(asked))
  const lock = await lockDatabase(path, existsSync(dataDir) ? realpathSync(dataDir) : dataDir)
    .catch((error: unknown) => { throw sqliteDatabaseError(error, path) })
  try {
    if (existsSync(path))
      await prepare(path)
    else
      await create(path)
    const { driver, factory, close } = await connectSqlite(path)
    const { PrismaClient } = await import('./generated/sqlite/client.ts')
    const prisma = new PrismaClient({ adapter: factory })
    return {
      driver,
      prisma,
      bells: null,
      async close() {
        await prisma.$disconnect()
        close()
        lock.release()
      },
    }
  }
  catch (error) {
    lock.release()
    throw sqliteDatabaseError(error, path)
  }
}

/** Made under another name first: a file that has the name is whole, so an empty or short one can be told from a new one. */
async function create(path: string): Promise<void> {
  const draft = `${path}.new`
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(draft + suffix, { force: true })
  const connection = new BetterSqlite3(draft)
  chmodSync(draft, 0o600)
  connection.pragma('auto_vacuum = INCREMENTAL')
  connection.pragma('journal_mode = WAL')
  connection.close()
  await applyMigrations('sqlite', migrationAdapterSqlite(draft), [])
  const written = new BetterSqlite3(draft) // its close writes the log into the file
  written.pragma('wal_checkpoint(TRUNCATE)')
  written.close()
  renameSync(draft, path)
}

async function prepare(path: string): Promise<void> {
  checkWhole(path)
  const connection = new BetterSqlite3(path, { fileMustExist: true, timeout: 2_000 })
  let applied
  try {
    if (!connection.prepare(`SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`).get())
      throw new DatabaseError('damaged', `${path} is an SQLite database, but not one of AgentOS: check DATABASE_URL. It was left as it is`)
    if (connection.pragma('journal_mode = WAL', { simple: true }) !== 'wal')
      throw new DatabaseError('read_only', `${path} cannot be switched to write-ahead logging: it must be on a local disk that this user may write`)
    const rows = connection.prepare(`SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations WHERE rolled_back_at IS NULL`).all() as { name: string, finished: number }[] // the columns named here
    applied = rows.map(row => ({ name: row.name, finished: row.finished === 1 }))
  }
  finally {
    connection.close()
  }
  if ((await pendingMigrations('sqlite', applied)).length > 0)
    await applyMigrations('sqlite', migrationAdapterSqlite(path), applied)
}
