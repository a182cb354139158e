import type pg from 'pg'
import type { Driver, EachStatement, Row, Statement } from './driver.ts'
import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { postgresqlDatabaseError } from './errors.postgresql.ts'
import { DatabaseError } from './errors.ts'
import { postgresqlSql } from './sql.postgresql.ts'

/** Our own statements on the pool that Prisma has. */
export function createPostgresqlDriver(pool: pg.Pool): Driver {
  return {
    sql: postgresqlSql,
    batch: statements => untilNotDeadlocked(() => transact(pool, statements)),
    read: statement => send(pool, statement),
    reclaim: async () => {}, // autovacuum does
  }
}

const TRIES = 5
const MOST_PAUSE_MS = 50

/** Nothing of a transaction that PostgreSQL has ended is stored, so it is sent once more; the pause lets the other one pass. */
async function untilNotDeadlocked<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    }
    catch (error) {
      if (!(error instanceof DatabaseError && error.code === 'busy') || tries === TRIES)
        throw error
    }
    await setTimeout(Math.random() * MOST_PAUSE_MS)
  }
}

async function transact(pool: pg.Pool, statements: (Statement | EachStatement)[]): Promise<Row[][]> {
  const [first] = statements
  if (first && statements.length === 1 && !('each' in first))
    return [await send(pool, first)] // a statement is a transaction by itself
  const client = await pool.connect().catch(fail)
  let broken: Error | undefined
  const note = (error: Error): void => void (broken = error)
  client.on('error', note)
  try {
    await client.query('BEGIN')
    const results: Row[][] = []
    for (const statement of statements)
      results.push('each' in statement ? await sendEach(client, statement, results) : await send(client, statement))
    await client.query('COMMIT')
    return results
  }
  catch (error) {
    await client.query('ROLLBACK').catch(note)
    return fail(error)
  }
  finally {
    client.removeListener('error', note)
    client.release(broken)
  }
}

async function send(to: pg.Pool | pg.PoolClient, { sql, params }: Statement): Promise<Row[]> {
  try {
    return (await to.query<Row>({ name: nameOf(sql), text: sql, values: params })).rows
  }
  catch (error) {
    return fail(error)
  }
}

async function sendEach(to: pg.PoolClient, { sql, each }: EachStatement, before: Row[][]): Promise<Row[]> {
  for (const params of each(before))
    await send(to, { sql, params })
  return []
}

const names = new Map<string, string>()

/** PostgreSQL plans a statement with a name once per connection. */
function nameOf(sql: string): string {
  const name = names.get(sql) ?? createHash('sha1').update(sql).digest('base64url')
  names.set(sql, name)
  return name
}

function fail(error: unknown): never {
  throw error instanceof DatabaseError ? error : postgresqlDatabaseError(error)
}
