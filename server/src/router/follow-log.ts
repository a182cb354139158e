import type { TrackedEnvelope } from '@trpc/server'
import type { RunEvent } from '../domain/event.ts'
import type { RunView } from '../domain/views/run.ts'
import type { Connection, RouterServices } from './context.ts'
import { tracked } from '@trpc/server'
import { follow } from '../events/follow.ts'
import { roughBytes } from '../events/page-limit.ts'
import { takePlace } from './live.ts'

type Following = Pick<RouterServices, 'db' | 'notifier' | 'replay' | 'sent'> & { connection: Connection }
export type TrackedBatch = TrackedEnvelope<RunEvent[]>

/** A message of about this size is what a slow reader can have waiting beyond the socket's own bound. */
const BATCH_BYTES = 256 * 1024
/** Of small events; of large ones, `follow` takes fewer. Each reader holds one page at most. */
const PAGE_SIZE = 500
/** Batches of a page that many read together, so that they are cut, and then written, once. */
const cut = new WeakMap<RunEvent[], RunEvent[][]>()

/**
 * Follows a run's log, no faster than the socket sends it. What was there when the reader came is replayed through the gate,
 * page by page, so that many readers that come back at once take turns; what comes after that is live and waits for nobody.
 * Each batch's id is its last seq.
 */
export async function* followLog(o: Following, run: RunView, cursor: number, signal: AbortSignal): AsyncGenerator<TrackedBatch> {
  const { db, notifier, replay, sent, connection } = o
  const leave = takePlace(connection)
  const pages = follow({ db, notifier, runId: run.id, after: cursor, signal, pageSize: PAGE_SIZE })
  let seen = cursor
  try {
    while (true) {
      const isReplay = seen < run.lastSeq
      const next = isReplay ? await replay.pass(() => pages.next()) : await pages.next()
      if (next.done)
        return
      for (const batch of inBatches(next.value)) {
        await connection.drained(signal)
        if (signal.aborted)
          return
        seen = batch.at(-1)!.seq // a batch is never empty
        if (!isReplay)
          sent(Date.now() - Date.parse(batch[0]!.at))
        yield tracked(String(seen), batch)
      }
    }
  }
  finally {
    leave()
    await pages.return(undefined)
  }
}

function inBatches(page: RunEvent[]): RunEvent[][] {
  const batches = cut.get(page) ?? cutPage(page)
  cut.set(page, batches)
  return batches
}

function cutPage(page: RunEvent[]): RunEvent[][] {
  const batches: RunEvent[][] = []
  let from = 0
  let bytes = 0
  for (const [at, event] of page.entries()) {
    bytes += roughBytes(event)
    if (bytes >= BATCH_BYTES) {
      batches.push(page.slice(from, at + 1))
      from = at + 1
      bytes = 0
    }
  }
  if (from < page.length)
    batches.push(page.slice(from))
  return batches
}
