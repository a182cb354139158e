import type { Database } from './store/database.ts'
import { DatabaseError } from './store/errors.ts'

/** What a statement took, and the code of its error when the database is to blame. */
export type Asked = (operation: 'read' | 'write' | 'model', durationMs: number, failure: string | null) => void

/** The same database; whoever observes it hears of each statement, after it was answered. */
export function observeDatabase(db: Database, asked: Asked): Database {
  async function timed<T>(operation: Parameters<Asked>[0], ask: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      const answer = await ask()
      asked(operation, performance.now() - startedAt, null)
      return answer
    }
    catch (error) {
      asked(operation, performance.now() - startedAt, error instanceof DatabaseError ? error.code : null)
      throw error
    }
  }

  return {
    ...db,
    read: statement => timed('read', () => db.read(statement)),
    batch: statements => timed('write', () => db.batch(statements)),
    ask: question => timed('model', () => db.ask(question)),
  }
}
