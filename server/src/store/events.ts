import type { EventType, RunEvent } from '../domain/event.ts'
import type { Database } from './database.ts'
import type { Row } from './driver.ts'

export interface EventPage { after: number, limit: number }

/** A page of a run's log after a seq, oldest first. */
export async function readEvents(db: Database, runId: string, { after, limit }: EventPage): Promise<RunEvent[]> {
  const rows = await db.read({
    sql: `SELECT "seq", "attempt", "type", ${db.sql.epochMs('"at"')} AS "at", "data" FROM events WHERE "runId" = $1 AND "seq" > $2 ORDER BY "seq" LIMIT $3`,
    params: [runId, after, limit],
  })
  return rows.map(toEvent)
}

/** A page of the events of some types that an attempt has written, or that were written while it was the newest; oldest first. */
export async function readEventsOfAttempt(db: Database, runId: string, attempt: number, types: readonly EventType[], page: EventPage): Promise<RunEvent[]> {
  const { after, limit } = page
  const rows = await db.read({
    sql: `SELECT "seq", "attempt", "type", ${db.sql.epochMs('"at"')} AS "at", "data" FROM events
      WHERE "runId" = $1 AND "seq" > $2 AND "attempt" = $3 AND "type" IN ${db.sql.texts('$4')} ORDER BY "seq" LIMIT $5`,
    params: [runId, after, attempt, JSON.stringify(types), limit],
  })
  return rows.map(toEvent)
}

/** All events of some types of a run, oldest first. */
export async function readEventsOf(db: Database, runId: string, types: readonly EventType[]): Promise<RunEvent[]> {
  const rows = await db.read({
    sql: `SELECT "seq", "attempt", "type", ${db.sql.epochMs('"at"')} AS "at", "data" FROM events WHERE "runId" = $1 AND "type" IN ${db.sql.texts('$2')} ORDER BY "seq"`,
    params: [runId, JSON.stringify(types)],
  })
  return rows.map(toEvent)
}

/** The columns named above, validated when they entered the log. */
function toEvent({ seq, attempt, type, at, data }: Row): RunEvent {
  return { seq, attempt, type, at: new Date(at as number).toISOString(), data: JSON.parse(data as string) as unknown } as RunEvent
}
