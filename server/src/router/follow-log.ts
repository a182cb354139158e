import type { RunEvent } from '../domain/event.ts'
import type { RunView } from '../domain/views.ts'
import type { RouterServices } from './context.ts'
import { follow } from '../events/follow.ts'

/** A message of about this size is what a slow reader can have waiting beyond the socket's own bound. */
const BATCH_BYTES = 256 * 1024

/**
 * Follows a run's log. What was there when the reader came is replayed through the gate, page by page, so that many readers
 * that come back at once take turns; what comes after that is live and waits for nobody.
 */
export async function* followLog(
  { db, notifier, replay }: Pick<RouterServices, 'db' | 'notifier' | 'replay'>,
  run: RunView,
  cursor: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent[]> {
  const pages = follow({ db, notifier, runId: run.id, after: cursor, signal })
  let seen = cursor
  try {
    while (true) {
      const next = seen < run.lastSeq ? await replay.pass(() => pages.next()) : await pages.next()
      if (next.done)
        return
      for (const batch of inBatches(next.value))
        yield batch
      seen = next.value.at(-1)?.seq ?? seen
    }
  }
  finally {
    await pages.return(undefined)
  }
}

function* inBatches(events: RunEvent[]): Generator<RunEvent[]> {
  let from = 0
  let bytes = 0
  for (const [at, event] of events.entries()) {
    bytes += roughBytes(event)
    if (bytes >= BATCH_BYTES) {
      yield events.slice(from, at + 1)
      from = at + 1
      bytes = 0
    }
  }
  if (from < events.length)
    yield from === 0 ? events : events.slice(from)
}

/** Good enough to cut by: nearly all of a large event is its text. */
function roughBytes({ data }: RunEvent): number {
  let bytes = 200
  for (const value of Object.values(data))
    bytes += typeof value === 'string' ? value.length : 16
  return bytes
}
