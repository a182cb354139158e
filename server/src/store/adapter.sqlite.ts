import type { SqlDriverAdapter, SqlDriverAdapterFactory, Transaction } from '@prisma/driver-adapter-utils'
import type BetterSqlite3 from 'better-sqlite3'
import type { Driver } from './driver.ts'
import type { Turns } from './turns.sqlite.ts'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { createSqliteDriver } from './driver.sqlite.ts'
import { createTurns, inTurn } from './turns.sqlite.ts'

export interface SqliteConnection {
  driver: Driver
  factory: SqlDriverAdapterFactory
  /** Also when Prisma, which closes what it has used, never used it. */
  close: () => void
}

/**
 * The one connection of a database file, shared by Prisma and our own statements. The library's adapter lets statements from outside
 * slip into a transaction that is open on the connection, and leaves it open when its COMMIT fails, so that later writes are answered
 * and never stored (prisma/orm#29933). Here a transaction has the connection to itself, begins with the write lock, and is rolled
 * back whenever it did not commit.
 */
export async function connectSqlite(path: string): Promise<SqliteConnection> {
  const library = new PrismaBetterSqlite3({ url: path, timeout: 50, fileMustExist: true }, { timestampFormat: 'unixepoch-ms' })
  const adapter = await library.connect()
  const connection = (adapter as unknown as { client: BetterSqlite3.Database }).client // the adapter keeps it in a field that its types leave out
  if (typeof connection?.prepare !== 'function')
    throw new TypeError('this version of the SQLite adapter keeps its connection somewhere else')
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  const turns = createTurns()
  const guarded = guard(adapter, connection, turns)
  return {
    driver: createSqliteDriver(connection, turns),
    factory: { provider: 'sqlite', adapterName: library.adapterName, connect: async () => guarded },
    close: () => void connection.close(),
  }
}

function guard(adapter: SqlDriverAdapter, connection: BetterSqlite3.Database, turns: Turns): SqlDriverAdapter {
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: query => inTurn(turns, () => adapter.queryRaw(query)),
    executeRaw: query => inTurn(turns, () => adapter.executeRaw(query)),
    executeScript: script => inTurn(turns, () => adapter.executeScript(script)),
    startTransaction: () => inTurn(turns, (keep) => {
      connection.exec('BEGIN IMMEDIATE')
      return createTransaction(adapter, connection, keep())
    }),
    dispose: () => adapter.dispose(),
  }
}

/** Prisma sends COMMIT or ROLLBACK as a statement; then it calls `commit`, or `rollback` when the statement failed. */
function createTransaction(adapter: SqlDriverAdapter, connection: BetterSqlite3.Database, release: () => void): Transaction {
  const end = async (): Promise<void> => {
    try {
      if (connection.inTransaction)
        connection.exec('ROLLBACK')
    }
    finally {
      release()
    }
  }
  const send = async (sql: string): Promise<void> => void await adapter.executeRaw({ sql, args: [], argTypes: [] })
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    options: { usePhantomQuery: false },
    queryRaw: query => adapter.queryRaw(query),
    executeRaw: query => adapter.executeRaw(query),
    commit: end,
    rollback: end,
    createSavepoint: name => send(`SAVEPOINT ${name}`),
    rollbackToSavepoint: name => send(`ROLLBACK TO ${name}`),
    releaseSavepoint: name => send(`RELEASE SAVEPOINT ${name}`),
  }
}
