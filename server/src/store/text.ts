import type { NewEvent } from '../domain/event.ts'

/** What every database takes: PostgreSQL refuses U+0000, and half of a surrogate pair is no text. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

/** For `sql.insertEvents`: the last event gets the run's `lastSeq`, those before it the seqs below. */
export function encodeEvents(events: NewEvent[]): string {
  return JSON.stringify(events.map(({ type, at, data }, index) => [index + 1 - events.length, type, Date.parse(at), JSON.stringify(data)]))
}
