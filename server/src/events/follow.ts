import type { RunEvent } from '../domain/event.ts'
import type { Database } from '../store/database.ts'
import type { Notifier } from './notifier.ts'
import { isFinal } from '../domain/run.ts'
import { CursorError } from '../store/errors.ts'
import { readStanding } from '../store/move.ts'
import { createBell } from './bell.ts'
import { untilBack } from './keep-trying.ts'
import { nextLimit } from './page-limit.ts'
import { sharePages } from './shared-pages.ts'

export interface FollowOptions {
  db: Database
  notifier: Notifier
  runId: string
  /** The seq after which to go on; 0 for all. */
  after: number
  signal: AbortSignal
  /** Events in a batch at most. */
  pageSize?: number
}

/**
 * A run's log from a cursor and then live, in batches: every event once, in order. Returns after `run.ended`, when the signal is
 * aborted, and when the run is pruned; while the database is away it waits. Rejects with CursorError when there is no such place in the log.
 */
export async function* follow({ db, notifier, runId, after, signal, pageSize = 500 }: FollowOptions): AsyncGenerator<RunEvent[]> {
  if (!Number.isSafeInteger(after) || after < 0)
    throw new CursorError(`a cursor is a whole number from 0 on, not ${String(after)}`)
  // Listening comes before the first read: what is written in between rings, and is read again at worst.
  const bell = createBell(signal)
  const pages = sharePages(db, notifier, runId)
  const stops = [
    pages.leave,
    pages.onGrown(bell.ring),
    bell.stop,
  ]
  try {
    await checkCursor(db, runId, after)
    let cursor = after
    let limit = nextLimit(null, pageSize)
    while (!signal.aborted) {
      bell.hush()
      const page = await untilBack(() => pages.read(cursor, limit), signal)
      const last = page.at(-1)
      if (last) {
        cursor = last.seq
        yield page
        if (last.type === 'run.ended')
          return
      }
      const isShort = page.length < limit
      limit = nextLimit(page, pageSize)
      if (isShort) {
        if (!last && await untilBack(() => isOver(db, runId, cursor), signal))
          return
        await bell.rung()
      }
    }
  }
  finally {
    for (const stop of stops)
      stop()
  }
}

async function checkCursor(db: Database, runId: string, after: number): Promise<void> {
  const run = await readStanding(db, runId)
  if (!run)
    throw new CursorError(`there is no run ${runId}`)
  if (after > run.lastSeq)
    throw new CursorError(`cursor ${after} is beyond the end of run ${runId}, whose last event is ${run.lastSeq}`)
}

/** Gone, or ended with nothing after the cursor. */
async function isOver(db: Database, runId: string, cursor: number): Promise<boolean> {
  const run = await readStanding(db, runId)
  return !run || (isFinal(run.status) && run.lastSeq <= cursor)
}
