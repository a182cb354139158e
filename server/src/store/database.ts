import type { RunMoved } from '../domain/run-moved.ts'
import type { BellChannel, Driver, OpenedDatabase, Prisma } from './driver.ts'
import { postgresqlDatabaseError } from './errors.postgresql.ts'
import { DatabaseError } from './errors.ts'

/** What the verbs of `store/` take first. Only they look inside. */
export interface Database extends Driver {
  readonly dialect: 'sqlite' | 'postgresql'
  /** Asks by Prisma. Rejects with DatabaseError when the database is the trouble. */
  ask: <T>(question: (prisma: Prisma) => Promise<T>) => Promise<T>
  /** null where one process alone has the database. */
  readonly bells: BellChannel | null
  /** Hears of each change of a run's standing that was made here, after it was stored. */
  readonly moved: (moved: RunMoved) => void
  close: () => Promise<void>
}

export interface OpenDatabaseOptions {
  /** `file:…` or `postgres://…`. */
  databaseUrl: string
  dataDir: string
  moved?: Database['moved']
}

/**
 * Opens, brings up to date, and on SQLite locks the database. Rejects with DatabaseError, whose message is for the person who starts
 * the program.
 */
export async function openDatabase({ databaseUrl, dataDir, moved = () => {} }: OpenDatabaseOptions): Promise<Database> {
  const { driver, prisma, bells, close } = await open(databaseUrl, dataDir)
  let closed: Promise<void> | undefined
  return {
    ...driver,
    dialect: driver.sql.dialect,
    ask: question => question(prisma).catch((error: unknown) => {
      throw asDatabaseError(error, driver.sql.dialect)
    }),
    bells,
    moved,
    close: () => closed ??= close(),
  }
}

async function open(databaseUrl: string, dataDir: string): Promise<OpenedDatabase> {
  if (databaseUrl.startsWith('file:'))
    return (await import('./open.sqlite.ts')).openSqlite(databaseUrl, dataDir)
  if (/^postgres(?:ql)?:\/\//.test(databaseUrl))
    return (await import('./open.postgresql.ts')).openPostgresql(databaseUrl)
  throw new DatabaseError('address', `DATABASE_URL must begin with file: or postgres://, not ${JSON.stringify(databaseUrl.split(':')[0])}`)
}

interface PrismaError { code?: string, meta?: { driverAdapterError?: { cause?: { kind?: string, originalCode?: string, originalMessage?: string } } } }

/** Prisma wraps what its adapter threw, but not a connection that ended while it was asked. */
function asDatabaseError(error: unknown, dialect: Database['dialect']): unknown {
  const { code, meta } = error as PrismaError // looked at step by step: it may be anything
  if (code === 'P2028')
    return new DatabaseError('busy', 'the database did not get to a transaction in time', { cause: error })
  const cause = meta?.driverAdapterError?.cause
  if (!cause)
    return dialect === 'postgresql' ? postgresqlDatabaseError(error) : error
  const said = cause.originalMessage ?? cause.kind
  if (['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'].includes(cause.kind ?? ''))
    return new DatabaseError(cause.originalCode?.startsWith('SQLITE') ? 'busy' : 'unreachable', `the database does not answer: ${said}`, { cause: error })
  if (/^SQLITE_(?:FULL|IOERR)/.test(cause.originalCode ?? ''))
    return new DatabaseError('full', `the database cannot be written: ${said}`, { cause: error })
  return error
}

/** How long the database takes to answer, in milliseconds. Rejects when it does not. */
export async function ping(db: Database): Promise<number> {
  const startedAt = performance.now()
  await db.read({ sql: 'SELECT 1', params: [] })
  return performance.now() - startedAt
}

/** How far the database's clock is ahead of this machine's. */
export async function clockApartMs(db: Database): Promise<number> {
  const { now, epochMs } = db.sql
  const sentAt = Date.now()
  const startedAt = performance.now()
  const [row] = await db.read({ sql: `SELECT ${epochMs(now)} AS "at"`, params: [] })
  return Number(row!.at) - (sentAt + (performance.now() - startedAt) / 2) // one row, always
}
