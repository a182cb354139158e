import { openCron } from './schedule-words.ts'

/**
 * When a schedule comes. Exactly one of the first three; moments are milliseconds since 1970.
 *
 * Where clocks change: a cron time of one moment a day that clocks jump over comes when they have jumped, and one that
 * comes twice comes the first time alone; a pattern that comes several times an hour leaves out what is jumped over, and
 * comes in both of two hours of one name.
 */
export interface Timing {
  cron: string | null
  /** So long after the last start. */
  everyMs: number | null
  onceAtMs: number | null
  timezone: string
}

export const OVERLAPS = ['skip', 'queue', 'replace'] as const
export type Overlap = (typeof OVERLAPS)[number]
export const CATCH_UPS = ['none', 'last', 'all'] as const
export type CatchUp = (typeof CATCH_UPS)[number]

/** The first tick after a moment; null when none will come. For `everyMs` the moment is that of the last start. */
export function nextTick({ cron, everyMs, onceAtMs, timezone }: Timing, afterMs: number): number | null {
  if (cron !== null)
    return openCron(cron, timezone).nextRun(new Date(afterMs))?.getTime() ?? null
  if (everyMs !== null)
    return afterMs + everyMs
  return onceAtMs !== null && onceAtMs > afterMs ? onceAtMs : null
}

/** The first `count` ticks from `firstMs` on, which is one itself. */
export function ticksFrom(timing: Timing, firstMs: number | null, count: number): number[] {
  const ticks: number[] = []
  for (let tick = firstMs; tick !== null && ticks.length < count; tick = nextTick(timing, tick))
    ticks.push(tick)
  return ticks
}

export interface DueSchedule extends Timing {
  nextTickMs: number
  catchUp: CatchUp
  catchUpWindowMs: number
}

export interface TickPlan {
  /** Missed, and left out; oldest first. */
  skipped: number[]
  /** Missed before those, each with no line of its own; null: none. */
  omitted: { atMs: number, count: number, isCounted: boolean } | null
  /** The one to start now. */
  start: { atMs: number, isLate: boolean } | null
  /** When to look again: at once when it is one more that was missed; null when none will come. */
  nextMs: number | null
}

/** So late a tick still comes on time: a server was started anew meanwhile. */
export const ON_TIME_MS = 60_000
/** Lines of what was missed, and runs that are caught up: at most so many. */
export const MOST_MISSED = 100
/** Ticks that are looked at one by one. */
const MOST_COUNTED = 1_000

/**
 * What is to become of the ticks that are due at `nowMs`: `catchUp` says which of those that were missed are started all the same.
 * One is started at a time; the next look begins at `nextMs`.
 */
export function planTicks(schedule: DueSchedule, nowMs: number): TickPlan {
  const { catchUp, catchUpWindowMs, everyMs } = schedule
  const { ticks, earlier } = dueTicks(schedule, nowMs)
  const isOnTime = (tick: number): boolean => nowMs - tick <= ON_TIME_MS
  const newest = ticks.at(-1)!
  const candidates = catchUp === 'all' ? ticks.slice(-MOST_MISSED) : [newest]
  const wanted = candidates.filter(tick => (tick === newest && isOnTime(tick)) || (catchUp !== 'none' && nowMs - tick <= catchUpWindowMs))
  const [first, second] = wanted
  const left = first === undefined ? ticks : ticks.filter(tick => tick < first)
  const skipped = left.slice(-MOST_MISSED)
  const more = left.length - skipped.length
  return {
    skipped,
    omitted: more > 0 || earlier !== null ? { atMs: earlier ?? left[0]!, count: more, isCounted: earlier === null } : null,
    start: first === undefined ? null : { atMs: first, isLate: !isOnTime(first) },
    nextMs: second ?? nextTick(schedule, everyMs === null ? newest : nowMs),
  }
}

/** Those from `nextTickMs` to now, or only the newest of them; then `earlier` is the first of the others. */
function dueTicks(schedule: DueSchedule, nowMs: number): { ticks: number[], earlier: number | null } {
  const { cron, timezone, nextTickMs } = schedule
  if (cron === null)
    return { ticks: [nextTickMs], earlier: null }
  const all = ticksFrom(schedule, nextTickMs, MOST_COUNTED + 1).filter(tick => tick <= nowMs)
  if (all.length <= MOST_COUNTED)
    return { ticks: all, earlier: null }
  const back = openCron(cron, timezone).previousRuns(MOST_COUNTED, new Date(nowMs)).at(-1)!.getTime() // there are as many
  return { ticks: ticksFrom(schedule, nextTick(schedule, back - 1), MOST_COUNTED + 10).filter(tick => tick <= nowMs), earlier: nextTickMs }
}
