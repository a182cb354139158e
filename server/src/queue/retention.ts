import type { EndedRun } from '../store/retention.ts'
import type { PruneServices } from './prune.ts'
import { dropEndedCheckpoints } from '../store/checkpoints.ts'
import { listRetentions, oldestEnded, storedBytes, trimTicks } from '../store/retention.ts'
import { dropOldUploads } from '../store/uploads.ts'
import { createAlarm } from './alarm.ts'
import { prune } from './prune.ts'

/** What the server keeps of ended runs; null: all. */
export interface RetentionLimits {
  /** For agents whose manifest says nothing. */
  ageMs: number | null
  /** Of each agent. */
  runs: number | null
  /** Of the database and the artifacts together. */
  sizeBytes: number | null
}

export interface RetentionOptions extends PruneServices {
  limits: RetentionLimits
  /** What could not be looked after, and why. */
  warn: (error: unknown) => void
  firstMs?: number
  everyMs?: number
}

export interface Retention {
  /** Idempotent. */
  start: () => void
  /** Idempotent; when it resolves, nothing is being removed. */
  stop: () => Promise<void>
}

const FIRST_MS = 60_000
const EVERY_MS = 3_600_000

/** Removes what is kept no longer, a minute after the start and then every hour. It writes only when there is something to remove. */
export function createRetention({ firstMs = FIRST_MS, everyMs = EVERY_MS, warn, ...o }: RetentionOptions): Retention {
  const due = createAlarm(() => {
    looking = removeOld(o, () => isStopped).catch(warn).finally(() => !isStopped && due.set(everyMs))
  })
  let looking: Promise<unknown> | null = null
  let isStarted = false
  let isStopped = false
  return {
    start() {
      if (!isStarted && !isStopped)
        due.set(firstMs)
      isStarted = true
    },
    async stop() {
      isStopped = true
      due.clear()
      await looking
    },
  }
}

type Services = PruneServices & { limits: RetentionLimits }

/** In one transaction, and between two looks at the size. */
const PAGE = 100
/** Below this part of the limit there is room for a while. */
const ROOM = 0.9
/** What was removed is reckoned by its events; the size is measured anew so often at most. */
const ROUNDS = 10
/** What nobody has made a run of by then; a run that has not ended keeps it. */
const UPLOAD_MS = 86_400_000
/** More than anybody looks at. */
const TICKS = 1_000

/** Ended runs alone, and none that is held. */
export async function removeOld(o: Services, isStopped: () => boolean = () => false): Promise<void> {
  await removeByAge(o, isStopped)
  await removeByCount(o, isStopped)
  await removeBySize(o, isStopped)
  if (!isStopped())
    await o.artifacts.removeUnused(await dropEndedCheckpoints(o.db)) // of those that ended while they waited
  if (!isStopped())
    await o.artifacts.removeUnused(await dropOldUploads(o.db, UPLOAD_MS))
  if (!isStopped())
    await trimTicks(o.db, TICKS)
}

async function removeByAge(o: Services, isStopped: () => boolean): Promise<void> {
  for (const { organisationId, agentId, retentionMs } of await listRetentions(o.db)) {
    const olderThanMs = retentionMs ?? o.limits.ageMs
    if (olderThanMs !== null && !isStopped())
      await prune(o, { organisationId, agentId, olderThanMs })
  }
}

async function removeByCount(o: Services, isStopped: () => boolean): Promise<void> {
  const { runs: keep } = o.limits
  if (keep === null)
    return
  for (const { organisationId, agentId } of await listRetentions(o.db)) {
    if (!isStopped())
      await prune(o, { organisationId, agentId, keep })
  }
}

async function removeBySize(o: Services, isStopped: () => boolean): Promise<void> {
  const { sizeBytes } = o.limits
  if (sizeBytes === null)
    return
  for (let round = 0; round < ROUNDS && !isStopped(); round++) {
    const { bytes, events } = await storedBytes(o.db)
    // Only over the limit is anything removed, and then until there is room.
    if (bytes <= (round === 0 ? sizeBytes : sizeBytes * ROOM))
      return
    const tooMany = Math.ceil(events * (1 - sizeBytes * ROOM / bytes))
    if (!await removeOldest(o, tooMany, isStopped))
      return
  }
}

/** Runs of about so many events, the oldest first. False when none may go. */
async function removeOldest(o: Services, events: number, isStopped: () => boolean): Promise<boolean> {
  let gone = 0
  while (gone < events && !isStopped()) {
    const chosen: EndedRun[] = []
    for (const run of await oldestEnded(o.db, PAGE)) {
      if (gone >= events)
        break
      chosen.push(run)
      gone += run.events
    }
    const removed = await Promise.all([...Map.groupBy(chosen, run => run.organisationId)]
      .map(([organisationId, runs]) => prune(o, { organisationId, ids: runs.map(run => run.id) })))
    if (removed.every(one => one.removed.length === 0))
      return false
  }
  return true
}
