import type { RunEvent } from '../domain/event.ts'

/** A reader holds about so much of a log, and many readers at different places hold it each. */
const PAGE_BYTES = 1024 * 1024
const FIRST = 100
const FEWEST = 16

/** Many read the same page, so it is weighed once. */
const weighed = new WeakMap<RunEvent[], number>()

/** How many events to ask for next, by the size of those that the last page had: many small ones, or few large ones. */
export function nextLimit(last: RunEvent[] | null, most: number): number {
  if (!last || last.length === 0)
    return Math.min(FIRST, most)
  const eventBytes = weighed.get(last) ?? weigh(last)
  weighed.set(last, eventBytes)
  return Math.min(most, Math.max(FEWEST, Math.floor(PAGE_BYTES / eventBytes)))
}

function weigh(page: RunEvent[]): number {
  return page.reduce((sum, event) => sum + roughBytes(event), 0) / page.length
}

/** Good enough to cut by: nearly all of a large event is its text. */
export function roughBytes({ data }: RunEvent): number {
  let bytes = 200
  for (const value of Object.values(data))
    bytes += typeof value === 'string' ? value.length : 16
  return bytes
}
