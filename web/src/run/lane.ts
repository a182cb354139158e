import type { Timeline } from './timeline.ts'

/** The stretch of time that the trace's lane shows, in milliseconds since 1970. */
export interface Lane {
  fromAt: number
  toAt: number
}

export interface Tick {
  label: string
  /** Of the lane's width, 0 to 100. */
  percent: number
}

/** From the first attempt's start to the end, or to now; null before anything has started. */
export function laneOf(timeline: Timeline, nowAt: number): Lane | null {
  const first = timeline.attempts[0]
  if (!first)
    return null
  const last = timeline.end?.at ?? nowAt
  return { fromAt: first.startedAt, toAt: Math.max(last, first.startedAt + 100) }
}

/** Round steps, `max` marks at most beside the zero. */
export function ticksOf(lane: Lane, max: number): Tick[] {
  const spanMs = lane.toAt - lane.fromAt
  // `400ms` is twice as wide as `4m`.
  const stepMs = STEPS_MS.find(step => spanMs / step <= (step < SECOND ? max * 0.6 : max)) ?? Math.ceil(spanMs / max / DAY) * DAY
  const ticks: Tick[] = []
  for (let atMs = 0; atMs <= spanMs * 0.97; atMs += stepMs)
    ticks.push({ label: labelOf(atMs, stepMs), percent: atMs / spanMs * 100 })
  return ticks
}

/** Where a bar stands; `endAt` null is one that still runs, up to the lane's end. */
export function barOf(lane: Lane, startAt: number, endAt: number | null): { left: string, width: string } {
  const spanMs = lane.toAt - lane.fromAt
  const left = clamp((startAt - lane.fromAt) / spanMs)
  const right = clamp(((endAt ?? lane.toAt) - lane.fromAt) / spanMs)
  return { left: `${percent(left)}%`, width: `${percent(Math.max(0, right - left))}%` }
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const STEPS_MS = [
  ...[50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map(n => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map(n => n * MINUTE),
  ...[1, 2, 6, 12].map(n => n * HOUR),
  ...[1, 2, 7].map(n => n * DAY),
]

function labelOf(ms: number, stepMs: number): string {
  if (ms === 0)
    return '0'
  if (stepMs < SECOND)
    return ms < SECOND ? `${ms}ms` : `${ms / SECOND}s`
  if (stepMs < MINUTE)
    return ms < MINUTE ? `${ms / SECOND}s` : `${Math.floor(ms / MINUTE)}:${String(ms % MINUTE / SECOND).padStart(2, '0')}`
  if (stepMs < HOUR)
    return ms < HOUR ? `${ms / MINUTE}m` : `${Math.floor(ms / HOUR)}:${String(ms % HOUR / MINUTE).padStart(2, '0')}`
  return ms < DAY || ms % DAY ? `${ms / HOUR}h` : `${ms / DAY}d`
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

function percent(share: number): number {
  return Math.round(share * 10_000) / 100
}
