import pg from 'pg'
import { postgresqlDatabaseError } from '../errors.postgresql.ts'
import { DatabaseError } from '../errors.ts'

/** One connection for one long piece of work, that no limit of the server's for short ones ends. */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true, application_name: 'agentos copy' })
  client.on('error', () => {}) // the statement that is under way says it
  try {
    await client.connect()
    await client.query('SET statement_timeout = 0')
    await client.query('SET idle_in_transaction_session_timeout = 0')
    return await work(client)
  }
  catch (error) {
    throw error instanceof DatabaseError ? error : postgresqlDatabaseError(error)
  }
  finally {
    await client.end().catch(() => {}) // it may be gone already
  }
}
