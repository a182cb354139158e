import type { RunEvent } from '../../src/domain/event.ts'
import type { Database } from '../../src/store/database.ts'
import type { Row } from '../../src/store/driver.ts'
import type { AttemptRow, History, StoredEvent } from './history.ts'
import { getRuns } from '../../src/store/runs.ts'

/** So many runs are read at a time, with all that they have. */
const PAGE_RUNS = 200

/** Every run of a database with its attempts and events, by id. */
export async function* readHistories(db: Database): AsyncGenerator<History> {
  const rows = await db.read({ sql: `SELECT "id", "fence", CASE WHEN "leaseUntil" IS NULL THEN 0 ELSE 1 END AS "leased" FROM runs ORDER BY "id"`, params: [] })
  for (let from = 0; from < rows.length; from += PAGE_RUNS)
    yield* readPage(db, rows.slice(from, from + PAGE_RUNS))
}

async function* readPage(db: Database, rows: Row[]): AsyncGenerator<History> {
  const ids = rows.map(row => row.id as string) // the column named above
  const given = [JSON.stringify(ids)]
  const [views, attempts, events] = await Promise.all([
    getRuns(db, ids),
    db.read({ sql: `SELECT "runId", "attempt", "fence", "worker", CASE WHEN "endedAt" IS NULL THEN 0 ELSE 1 END AS "ended" FROM attempts WHERE "runId" IN ${db.sql.texts('$1')} ORDER BY "runId", "attempt"`, params: given }),
    db.read({ sql: `SELECT "runId", "seq", "attempt", "actor", "type", ${db.sql.epochMs('"at"')} AS "at", "data" FROM events WHERE "runId" IN ${db.sql.texts('$1')} ORDER BY "runId", "seq"`, params: given }),
  ])
  const attemptsOf = Map.groupBy(attempts, row => row.runId)
  const eventsOf = Map.groupBy(events, row => row.runId)
  for (const view of views) {
    const { fence, leased } = rows.find(({ id }) => id === view.id)!
    yield {
      run: { ...view, fence: Number(fence), hasLease: leased === 1 },
      attempts: (attemptsOf.get(view.id) ?? []).map(toAttempt),
      events: (eventsOf.get(view.id) ?? []).map(toEvent),
    }
  }
}

function toAttempt(row: Row): AttemptRow {
  return { attempt: Number(row.attempt), fence: Number(row.fence), worker: String(row.worker), isEnded: row.ended === 1 }
}

function toEvent({ seq, attempt, actor, type, at, data }: Row): StoredEvent {
  const words = JSON.parse(String(data)) as unknown
  return { seq, attempt, actor, type, at: new Date(Number(at)).toISOString(), data: words } as StoredEvent // the columns named above
}

/** As a subscriber gets it. */
export function withoutActor({ actor: _, ...event }: StoredEvent): RunEvent {
  return event as RunEvent // what is left of it
}
