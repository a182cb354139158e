/**
 * Money and tokens against what may be spent. Money is counted in whole billionths of a dollar (nanos), so that sums are exact; what does
 * not come out even is rounded up.
 *
 * held      what calls that are under way could cost at worst
 * spent     what calls that have ended did cost
 * rest      the limit, less what is spent and held
 */

export const BUDGET_SCOPES = ['organisation', 'agent', 'user', 'run'] as const
export type BudgetScope = (typeof BUDGET_SCOPES)[number]

export const BUDGET_PERIODS = ['day', 'month', 'total'] as const
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number]

const NANOS = 1_000_000_000
const HOUR_MS = 3_600_000

export function nanosOf(usd: number): number {
  // What binary fractions add to a whole number of billionths is no billionth.
  return Math.ceil(Number((usd * NANOS).toFixed(3)))
}

export function usdOf(nanos: number): number {
  return nanos / NANOS
}

export interface Standing {
  limitNanos: number | null
  limitTokens: number | null
  spentNanos: number
  spentTokens: number
  heldNanos: number
  heldTokens: number
}

/** A call that is to be made, at its worst. */
export interface Wish {
  inputTokens: number
  /** What it may answer with at most, and what would be too little to be of use. */
  outputTokens: number
  leastOutputTokens: number
  /** What it costs when it answers with so many tokens. Grows with them; Infinity when nobody knows. */
  nanos: (outputTokens: number) => number
}

export type Unit = 'usd' | 'tokens'

export type Fit<S extends Standing>
  = | { ok: true, outputTokens: number, tokens: number, nanos: number }
  /** The one that leaves the least room, and what would have been needed of its unit. */
    | { ok: false, standing: S, unit: Unit, wanted: number }

/** How much of an answer fits into all that stands against it: less than is wished for, rather than nothing. */
export function fit<S extends Standing>(standings: S[], wish: Wish): Fit<S> {
  let outputTokens = wish.outputTokens
  let tightest: { standing: S, unit: Unit } | null = null
  for (const standing of standings) {
    for (const unit of ['usd', 'tokens'] as const) {
      const most = mostOutput(standing, unit, wish)
      if (most < outputTokens) {
        outputTokens = most
        tightest = { standing, unit }
      }
    }
  }
  if (tightest && outputTokens < Math.min(wish.leastOutputTokens, wish.outputTokens)) {
    const least = Math.min(wish.leastOutputTokens, wish.outputTokens)
    return { ok: false, ...tightest, wanted: tightest.unit === 'usd' ? wish.nanos(least) : wish.inputTokens + least }
  }
  const nanos = wish.nanos(outputTokens)
  // What nobody can tell the price of passes only where no money is limited.
  return { ok: true, outputTokens, tokens: wish.inputTokens + outputTokens, nanos: Number.isFinite(nanos) ? nanos : 0 }
}

/** The longest answer that one limit has room for; -1 when not even the question fits. */
function mostOutput({ limitNanos, limitTokens, spentNanos, spentTokens, heldNanos, heldTokens }: Standing, unit: Unit, wish: Wish): number {
  if (unit === 'tokens')
    return limitTokens === null ? Infinity : Math.max(-1, limitTokens - spentTokens - heldTokens - wish.inputTokens)
  if (limitNanos === null)
    return Infinity
  const rest = limitNanos - spentNanos - heldNanos
  if (wish.nanos(wish.outputTokens) <= rest)
    return Infinity
  let fits = -1
  let tooMany = wish.outputTokens
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2)
    if (wish.nanos(middle) <= rest)
      fits = middle
    else
      tooMany = middle
  }
  return fits
}

export interface PeriodNow {
  /** 2026-11-25, 2026-11 or `total`: what the period is called where the budget counts its days. */
  key: string
  /** The hour since 1970 from which on it counts. Where days begin in the middle of an hour, that hour belongs to both. */
  fromHour: number
}

export function periodAt(period: BudgetPeriod, timezone: string, atMs: number): PeriodNow {
  if (period === 'total')
    return { key: 'total', fromHour: 0 }
  const length = period === 'day' ? 10 : 7
  const keyAt = (ms: number) => localDate(timezone, ms).slice(0, length)
  const key = keyAt(atMs)
  let fromHour = Math.floor(atMs / HOUR_MS)
  let before = fromHour - (period === 'day' ? 50 : 800)
  while (fromHour - before > 1) {
    const middle = Math.floor((before + fromHour) / 2)
    if (keyAt((middle + 1) * HOUR_MS - 1) >= key)
      fromHour = middle
    else
      before = middle
  }
  return { key, fromHour }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** 2026-11-25 */
function localDate(timezone: string, ms: number): string {
  const format = formats.get(timezone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(timezone, format)
  return format.format(ms)
}
