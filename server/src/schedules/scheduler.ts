import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { Prepare } from './start-tick.ts'
import { createAlarm } from '../queue/alarm.ts'
import { dueSchedules, nextTickInMs, waitingTicks } from '../store/schedule-ticks.ts'
import { comeTicks, startWaiting } from './start-tick.ts'

export interface SchedulerOptions {
  db: Database
  notifier: Notifier
  prepare: Prepare
  /** A schedule that could not be looked after, and why. */
  warn: (error: unknown) => void
}

/** Starts the runs of schedules. */
export interface Scheduler {
  /** Idempotent. What was missed meanwhile is caught up as each schedule says. */
  start: () => void
  /** Idempotent; when it resolves, no tick is being started. */
  stop: () => Promise<void>
  /** It has been started, and its last look at the database went well. */
  readonly isRunning: boolean
}

/** After a failure of the database. */
const RETRY_MS = 1_000
/** Schedules that are read at once. */
const PAGE = 100
/** Where there are several servers, a bell may be lost with the one that rang it. */
const OTHERS_MS = 30_000
/** The same, while a tick waits for the end of a run that another server has. */
const OTHERS_WAIT_MS = 5_000
/** A run that something waits for says much before it ends. */
const END_MS = 100

/**
 * One alarm to the next tick, by the database's clock; nothing is looked at between. Any number of servers may do this: the row of a
 * tick is made once.
 */
export function createScheduler(o: SchedulerOptions): Scheduler {
  const { db, notifier, warn } = o
  const due = createAlarm(wake)
  const ended = createAlarm(() => {
    isEndNear = false
    wake()
  })
  /** Runs that a tick waits for. */
  let awaited = new Set<string>()
  let looking: Promise<void> | null = null
  let isWoken = false
  let isStarted = false
  let isStopped = false
  let isWell = true
  let isEndNear = false
  let stops: (() => void)[] = []

  function wake(): void {
    isWoken = true
    if (!isStarted || isStopped)
      return
    looking ??= lookWhileWoken().finally(() => {
      looking = null
      if (isWoken)
        wake()
    })
  }

  async function lookWhileWoken(): Promise<void> {
    while (isWoken && !isStopped) {
      isWoken = false
      try {
        await look()
        isWell = true
      }
      catch (error) {
        isWell = false
        warn(error)
        if (!isStopped)
          due.set(RETRY_MS)
      }
    }
  }

  /** Others that say much do not put it off. */
  function heedRun(runId: string): void {
    if (!awaited.has(runId) || isEndNear || isStopped)
      return
    isEndNear = true
    ended.set(END_MS)
  }

  async function look(): Promise<void> {
    due.clear()
    const [hasCome, came] = await lookAtDue()
    const waits = await lookAtWaiting()
    if (hasCome || waits.hasStarted)
      notifier.schedulesChanged()
    awaited = waits.awaited
    const nextMs = came === 'failed' ? RETRY_MS : await nextTickInMs(db)
    const othersMs = db.dialect === 'sqlite' ? Infinity : awaited.size > 0 ? OTHERS_WAIT_MS : OTHERS_MS
    const inMs = Math.min(nextMs ?? Infinity, othersMs)
    if (inMs < Infinity && !isStopped)
      due.set(inMs)
  }

  /** A schedule that fails does not keep the others from coming. */
  async function lookAtDue(): Promise<[hasCome: boolean, 'well' | 'failed']> {
    const { nowMs, due: schedules } = await dueSchedules(db, PAGE)
    let failures = 0
    for (const schedule of schedules) {
      if (isStopped)
        break
      await comeTicks(o, schedule, nowMs).catch((error: unknown) => {
        failures++
        warn(error)
      })
    }
    return [schedules.length > failures, failures > 0 ? 'failed' : 'well']
  }

  async function lookAtWaiting(): Promise<{ hasStarted: boolean, awaited: Set<string> }> {
    let hasStarted = false
    const runs: string[] = []
    for (const waiting of isStopped ? [] : await waitingTicks(db)) {
      const { before, isStarted } = await startWaiting(o, waiting)
      hasStarted ||= isStarted
      runs.push(...before)
    }
    return { hasStarted, awaited: new Set(runs) }
  }

  return {
    start() {
      if (isStarted || isStopped)
        return
      isStarted = true
      stops = [
        notifier.onSchedulesChanged(wake),
        notifier.onAnyRun(heedRun),
      ]
      wake()
    },
    async stop() {
      isStopped = true
      due.clear()
      ended.clear()
      for (const stop of stops.splice(0))
        stop()
      await looking
    },
    get isRunning() {
      return isStarted && !isStopped && isWell
    },
  }
}
