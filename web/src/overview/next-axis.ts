import type { ScheduleView } from '@agentos/server/domain/views/schedule'

/** The stretch of time that the next schedules share. */
export interface Axis {
  fromMs: number
  lengthMs: number
  /** `4 h`. */
  label: string
  marks: { label: string, percent: number }[]
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const LENGTHS = [
  { lengthMs: HOUR, stepMs: 15 * MINUTE, label: '1 h' },
  { lengthMs: 4 * HOUR, stepMs: HOUR, label: '4 h' },
  { lengthMs: 12 * HOUR, stepMs: 3 * HOUR, label: '12 h' },
  { lengthMs: DAY, stepMs: 6 * HOUR, label: '24 h' },
  { lengthMs: 7 * DAY, stepMs: DAY, label: '7 d' },
] as const

/** So many schedules have to come within it, if there are so many. */
const ENOUGH = 2

/** The shortest on which some of them are seen. `offsetMs`: how far this machine's clocks are from UTC. */
export function axisOf(nextTicks: (string | null)[], nowMs: number, offsetMs: number): Axis {
  const aheadMs = nextTicks.flatMap(at => at === null ? [] : Math.max(0, Date.parse(at) - nowMs)).sort((one, other) => one - other)
  const neededMs = aheadMs[Math.min(ENOUGH, aheadMs.length) - 1] ?? 0
  const { lengthMs, stepMs, label } = LENGTHS.find(one => one.lengthMs >= neededMs) ?? LENGTHS.at(-1)!
  const marks: Axis['marks'] = []
  const first = Math.ceil((nowMs + offsetMs) / stepMs) * stepMs - offsetMs
  for (let at = first; at <= nowMs + lengthMs; at += stepMs)
    marks.push({ label: labelOf(at + offsetMs, stepMs), percent: (at - nowMs) / lengthMs * 100 })
  return { fromMs: nowMs, lengthMs, label, marks }
}

export interface Dot { at: string, percent: number, isFirst: boolean }

/** The ticks of one schedule that lie on the axis. `goesOn`: those that are known end before it does. */
export function dotsOf({ preview, pausedAt }: Pick<ScheduleView, 'preview' | 'pausedAt'>, { fromMs, lengthMs }: Axis): { dots: Dot[], goesOn: boolean } {
  if (pausedAt !== null)
    return { dots: [], goesOn: false }
  const all = preview.map((at, index) => ({ at, percent: Math.max(0, (Date.parse(at) - fromMs) / lengthMs * 100), isFirst: index === 0 }))
  const dots = all.filter(dot => dot.percent <= 100)
  return { dots, goesOn: preview.length >= MOST_PREVIEWED && dots.length === all.length }
}

/** The server names no more of them. */
const MOST_PREVIEWED = 5

function labelOf(localMs: number, stepMs: number): string {
  const local = new Date(localMs)
  return stepMs >= DAY
    ? local.toLocaleDateString('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric' })
    : local.toLocaleTimeString('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' })
}
