import type BetterSqlite3 from 'better-sqlite3'
import type { Turns } from './turns.sqlite.ts'
import { inTurn } from './turns.sqlite.ts'

interface Job { act: () => unknown, resolve: (value: unknown) => void, reject: (error: unknown) => void }
type Outcome = { value: unknown } | { error: unknown }

/** After that many milliseconds a group commits, and the loop has its turn: a commit blocks it. */
const GROUP_MS = 8

/**
 * Transactions that come while the last commit was under way share the next one: they wait for the disk together. Each is all or
 * nothing by itself, by a savepoint, and none is answered before the commit.
 */
export function createGroupCommit(connection: BetterSqlite3.Database, turns: Turns): <T>(act: () => T) => Promise<T> {
  const waiting: Job[] = []
  let isScheduled = false

  const alone = connection.transaction((act: () => unknown) => act())
  const group = connection.transaction((jobs: Job[]) => {
    const endAt = performance.now() + GROUP_MS
    const outcomes: Outcome[] = []
    for (const { act } of jobs) {
      if (outcomes.length > 0 && performance.now() > endAt)
        break
      outcomes.push(attempt(() => alone(act)))
    }
    return outcomes
  })

  /** A full disk ends the whole transaction, and then nothing of the group is stored. */
  function attempt(act: () => unknown): Outcome {
    try {
      return { value: act() }
    }
    catch (error) {
      if (!connection.inTransaction)
        throw error
      return { error }
    }
  }

  async function commit(): Promise<void> {
    isScheduled = false
    const jobs = waiting.splice(0)
    try {
      const outcomes = await inTurn(turns, () => jobs.length === 1 ? [{ value: alone.immediate(jobs[0]!.act) }] : group.immediate(jobs))
      waiting.unshift(...jobs.splice(outcomes.length))
      for (const [index, outcome] of outcomes.entries())
        'error' in outcome ? jobs[index]!.reject(outcome.error) : jobs[index]!.resolve(outcome.value)
    }
    catch (error) {
      for (const { reject } of jobs)
        reject(error)
    }
    schedule()
  }

  function schedule(): void {
    if (isScheduled || waiting.length === 0)
      return
    isScheduled = true
    setImmediate(() => void commit())
  }

  return <T>(act: () => T) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    waiting.push({ act, resolve: resolve as (value: unknown) => void, reject }) // what `act` returns
    schedule()
    return promise
  }
}
