const DAY_MS = 86_400_000

/** What can be looked at, in days. */
export const RANGES = [7, 30, 90] as const
export type Range = (typeof RANGES)[number]

/** From the address; anything else is the thirty days that one gets. */
export function rangeOf(days: unknown): Range {
  return RANGES.find(range => String(range) === days) ?? 30
}

/** The days up to today, in UTC. */
export function daysOf(range: Range, nowMs: number): { from: string, to: string } {
  return { from: dayOf(nowMs - (range - 1) * DAY_MS), to: dayOf(nowMs) }
}

/** Each day from one to another, both included. */
export function eachDay(from: string, to: string): string[] {
  const days: string[] = []
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += DAY_MS)
    days.push(dayOf(ms))
  return days
}

/** `25 October`. */
export function dayWords(day: string, month: 'long' | 'short' = 'long'): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month, timeZone: 'UTC' }).format(Date.parse(day))
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
