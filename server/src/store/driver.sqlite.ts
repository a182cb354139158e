import type BetterSqlite3 from 'better-sqlite3'
import type { Driver, EachStatement, Row, Statement } from './driver.ts'
import type { Turns } from './turns.sqlite.ts'
import { sqliteDatabaseError } from './errors.sqlite.ts'
import { createGroupCommit } from './group-commit.sqlite.ts'
import { sqliteSql } from './sql.sqlite.ts'
import { inTurn } from './turns.sqlite.ts'

/** Our own statements on the connection that Prisma has. A transaction is one call of the driver, so nothing can come in between. */
export function createSqliteDriver(connection: BetterSqlite3.Database, turns: Turns): Driver {
  const prepare = createStatements(connection)
  const run = ({ sql, params }: Statement): Row[] => {
    const statement = prepare(sql)
    const named = Object.fromEntries(params.map((value, index) => [index + 1, value]))
    if (statement.reader)
      return statement.all(named) as Row[] // no statement of ours reads a blob or a large integer
    statement.run(named)
    return []
  }
  const runEach = ({ sql, each }: EachStatement, before: Row[][]): Row[] => {
    const statement = prepare(sql)
    for (const params of each(before))
      statement.run(params)
    return []
  }
  const runAll = (statements: (Statement | EachStatement)[]): Row[][] => {
    const results: Row[][] = []
    for (const statement of statements)
      results.push('each' in statement ? runEach(statement, results) : run(statement))
    return results
  }
  const commit = createGroupCommit(connection, turns)
  return {
    sql: sqliteSql,
    batch: statements => commit(() => runAll(statements)).catch(fail),
    read: statement => inTurn(turns, () => run(statement)).catch(fail),
    async reclaim() {
      // `exec`, since a compiled statement frees one page a run. Some pages at a time: it blocks the loop.
      const free = (): number => Number(connection.pragma('freelist_count', { simple: true }))
      for (let before = Infinity; free() > 0 && free() < before;) {
        before = free()
        await inTurn(turns, () => connection.exec('PRAGMA incremental_vacuum(1000)')).catch(fail)
      }
    },
  }
}

/** Each of our statements is compiled once. */
function createStatements(connection: BetterSqlite3.Database): (sql: string) => BetterSqlite3.Statement {
  const known = new Map<string, BetterSqlite3.Statement>()
  return (sql) => {
    const statement = known.get(sql) ?? connection.prepare(sql).safeIntegers(false)
    known.set(sql, statement)
    return statement
  }
}

function fail(error: unknown): never {
  throw sqliteDatabaseError(error)
}
