import type { NewEvent } from '../domain/event.ts'
import type { Database } from '../store/database.ts'
import type { RunEnd, RunGivenBack, RunPark, RunRetry } from '../store/end-run.ts'
import type { EndOf } from '../store/end-runs.postgresql.ts'
import type { EncodedEvent, RunRef } from '../store/run-append.ts'
import type { Notifier } from './notifier.ts'
import { giveBackRun, parkRun, retryRun } from '../store/end-run.ts'
import { endRuns } from '../store/end-runs.ts'
import { DatabaseError } from '../store/errors.ts'
import { newId } from '../store/id.ts'
import { createCommitter } from './commit.ts'
import { gather } from './gather.ts'
import { keepTrying } from './keep-trying.ts'
import { progressOf } from './progress.ts'

export type { RunRef } from '../store/run-append.ts'

/**
 * The way into the logs of claimed runs. What is appended while an append is under way goes with the next one, of all runs together:
 * one commit for many. Events of a run are stored in the order of the calls. Each call resolves when what it wrote is durable.
 */
export interface EventLog {
  /** Rejects with FenceLostError when the run is somebody else's by now, and with DatabaseError when the database stays away. */
  append: (run: RunRef, events: NewEvent[]) => Promise<{ lastSeq: number }>
  /** After all that was appended for it: ends the run. */
  end: (run: RunRef, end: RunEnd) => Promise<{ lastSeq: number }>
  /** After all that was appended for it: queues the run again, whose attempt has failed. */
  retry: (run: RunRef, retry: RunRetry) => Promise<{ lastSeq: number }>
  /** The same for one that lost its executor or its place here: it goes on from its log. */
  giveBack: (run: RunRef, why: RunGivenBack) => Promise<{ lastSeq: number }>
  /** After all that was appended for it: it waits for a person. */
  park: (run: RunRef, park: RunPark) => Promise<{ lastSeq: number }>
  /** Writes what is waiting; then takes nothing more. */
  stop: () => Promise<void>
}

/** What may wait for the database. Callers that await each append never come near it. */
const WAITING_LIMIT_BYTES = 64 * 1024 * 1024

const ENDS_AT_ONCE = 200

export function createEventLog(db: Database, notifier: Notifier): EventLog {
  let isStopped = false
  const committer = createCommitter(db, notifier, () => isStopped)

  const endTogether = gather((ends: EndOf[]) => endRuns(db, ends), ENDS_AT_ONCE)

  async function move(run: RunRef, act: (mark: string) => Promise<{ lastSeq: number }>): Promise<{ lastSeq: number }> {
    await committer.settled(run.runId)
    const mark = newId()
    const moved = await keepTrying(() => act(mark), () => isStopped)
    notifier.runChanged(run.runId, moved.lastSeq)
    return moved
  }

  return {
    async append(run, events) {
      if (isStopped)
        throw new DatabaseError('unreachable', 'the event log has stopped')
      if (events.length === 0)
        return { lastSeq: 0 }
      const encoded = encodeAll(events)
      const bytes = encoded.reduce((sum, { data }) => sum + data.length, 0)
      if (committer.waitingBytes() + bytes > WAITING_LIMIT_BYTES)
        throw new DatabaseError('busy', 'the database is more than 64 MiB of events behind')
      return { lastSeq: await committer.commit({ ref: run, events: encoded, progress: progressOf(events), bytes }) }
    },
    end: (run, end) => move(run, async (mark) => {
      const ended = await endTogether({ ref: run, end, mark })
      if ('error' in ended)
        throw ended.error
      return ended
    }),
    async retry(run, retry) {
      const moved = await move(run, mark => retryRun(db, run, retry, mark))
      notifier.queued()
      return moved
    },
    async giveBack(run, why) {
      const moved = await move(run, mark => giveBackRun(db, run, why, mark))
      notifier.queued()
      return moved
    },
    park: (run, park) => move(run, mark => parkRun(db, run, park, mark)),
    async stop() {
      isStopped = true
      await committer.settled()
    },
  }
}

/** Events that come together mostly have one time, and to parse it costs as much as all the rest. */
function encodeAll(events: NewEvent[]): EncodedEvent[] {
  let last = { at: '', atMs: 0 }
  return events.map(({ type, at, data }) => {
    if (at !== last.at)
      last = { at, atMs: Date.parse(at) }
    return { type, atMs: last.atMs, data: JSON.stringify(data) }
  })
}
