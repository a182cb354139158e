import { DatabaseError } from './errors.ts'

/** What the driver threw, in words for a person; anything else as it is. */
export function postgresqlDatabaseError(error: unknown): unknown {
  const { code = '', message = '' } = error as { code?: string, message?: string } // whatever was thrown: both are only read
  if (isConnectionLoss(code, message))
    return new DatabaseError('unreachable', `PostgreSQL does not answer: ${message || code}`, { cause: error })
  if (code === '3D000')
    return new DatabaseError('refused', `${message}: create it, or correct DATABASE_URL`, { cause: error })
  if (code.startsWith('28'))
    return new DatabaseError('refused', `PostgreSQL refused the user or password of DATABASE_URL: ${message}`, { cause: error })
  if (code === '53100')
    return new DatabaseError('full', `PostgreSQL has no space left: ${message}`, { cause: error })
  if (code === '40P01' || code === '40001')
    return new DatabaseError('busy', `PostgreSQL ended one of two transactions that waited for each other: ${message}`, { cause: error })
  if (code === '25006')
    return new DatabaseError('read_only', `PostgreSQL takes no writes now: ${message}`, { cause: error })
  return error
}

/** Connection exceptions, shutdowns, too many connections, sockets, and the driver's own words, which have no code. */
function isConnectionLoss(code: string, message: string): boolean {
  return /^(?:08|57P|53300)/.test(code) || /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN)/.test(code)
    || /Connection terminated|connection error|timeout exceeded when trying to connect|Client was closed/i.test(message)
}
