import type { Database } from '../store/database.ts'
import type { RunAppend } from '../store/run-append.ts'
import type { Notifier } from './notifier.ts'
import { appendEvents, wasStored } from '../store/append.ts'
import { FenceLostError } from '../store/errors.ts'
import { newId } from '../store/id.ts'
import { keepTrying } from './keep-trying.ts'
import { mergeByRun } from './merge-by-run.ts'

export interface Entry extends RunAppend { bytes: number }

export interface Committer {
  /** Resolves to the seq of the last of these events. */
  commit: (entry: Entry) => Promise<number>
  waitingBytes: () => number
  /** When nothing of the run, or of any, is waiting. Never rejects: who wrote it is told. */
  settled: (runId?: string) => Promise<void>
}

/** One commit carries no more than this, so that none of them keeps the others waiting. */
const BATCH = { events: 2_000, bytes: 2 * 1024 * 1024 }

type Waiting = Entry & { resolve: (lastSeq: number) => void, reject: (error: unknown) => void, done: Promise<unknown> }

/** One append under way; what comes meanwhile gathers for the next. */
export function createCommitter(db: Database, notifier: Notifier, isStopped: () => boolean): Committer {
  const waiting: Waiting[] = []
  let underWay: Waiting[] = []
  let bytes = 0
  let isRunning = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      underWay = takeBatch(waiting)
      await store(db, notifier, underWay, isStopped)
      for (const entry of underWay)
        bytes -= entry.bytes
      underWay = []
    }
    isRunning = false
  }

  return {
    commit(entry) {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      waiting.push({ ...entry, resolve, reject, done: promise.catch(() => {}) })
      bytes += entry.bytes
      if (!isRunning) {
        isRunning = true
        queueMicrotask(() => void run()) // what else is appended in this turn of the loop comes along
      }
      return promise
    },
    waitingBytes: () => bytes,
    async settled(runId) {
      await Promise.all([...underWay, ...waiting].filter(({ ref }) => runId === undefined || ref.runId === runId).map(({ done }) => done))
    },
  }
}

/** A run that has entries under two fences gets only the first in; the others fail or hold by themselves. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const fences = new Map<string, number>()
  let events = 0
  let bytes = 0
  let count = 0
  for (const { ref, ...entry } of waiting) {
    events += entry.events.length
    bytes += entry.bytes
    const isTooMuch = events > BATCH.events || bytes > BATCH.bytes
    if (count > 0 && (isTooMuch || (fences.get(ref.runId) ?? ref.fence) !== ref.fence))
      break
    fences.set(ref.runId, ref.fence)
    count++
  }
  return waiting.splice(0, count)
}

/** Never rejects: each entry is told how it went with its own run. */
async function store(db: Database, notifier: Notifier, entries: Waiting[], isStopped: () => boolean): Promise<void> {
  try {
    const merged = mergeByRun(entries)
    const stored = await append(db, merged, isStopped)
    for (const { ref, parts } of merged) {
      const lastSeq = stored.get(ref.runId)
      if (lastSeq !== undefined)
        notifier.runChanged(ref.runId, lastSeq)
      for (const { entry, eventsAfter } of parts)
        lastSeq === undefined ? entry.reject(new FenceLostError(ref.runId, ref.fence)) : entry.resolve(lastSeq - eventsAfter)
    }
  }
  catch (error) {
    for (const entry of entries)
      entry.reject(error)
  }
}

/** When the answer is lost, asks what became of it before it is sent once more. */
async function append(db: Database, runs: RunAppend[], isStopped: () => boolean): Promise<Map<string, number>> {
  const token = newId()
  let isRepeated = false
  return keepTrying(async () => {
    const stored = isRepeated ? await wasStored(db, token, runs.map(({ ref }) => ref.runId)) : new Map<string, number>()
    isRepeated = true
    const missing = runs.filter(({ ref }) => !stored.has(ref.runId))
    const written = missing.length > 0 ? await appendEvents(db, token, missing) : new Map<string, number>()
    return new Map([...stored, ...written])
  }, isStopped)
}
