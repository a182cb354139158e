import type { UsageReport } from '@agentos/server/domain/views/budget'
import { eachDay } from './range.ts'

/** Providers that have a colour of their own; all that spend less are one. */
const SHOWN = 2

export interface DayBars {
  /** The one that costs most first. */
  series: string[]
  days: { day: string, parts: number[], sum: number }[]
  /** What a line of the grid means; the top one is above every bar. */
  lines: number[]
}

export type Measure = 'costUsd' | 'tokens'

/** One bar a day, one part a provider. */
export function dayBars({ from, to, byDay }: Pick<UsageReport, 'from' | 'to' | 'byDay'>, measure: Measure): DayBars {
  const value = (row: UsageReport['byDay'][number]) => measure === 'costUsd' ? row.costUsd : row.inputTokens + row.outputTokens
  const sums = new Map<string, number>()
  for (const row of byDay)
    sums.set(providerOf(row.model), (sums.get(providerOf(row.model)) ?? 0) + value(row))
  const ordered = [...sums].filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name)
  const series = ordered.length > SHOWN + 1 ? [...ordered.slice(0, SHOWN), 'others'] : ordered
  const days = eachDay(from, to).map((day) => {
    const parts = series.map(() => 0)
    for (const row of byDay.filter(row => row.day === day)) {
      const place = series.indexOf(providerOf(row.model))
      const at = place < 0 ? series.length - 1 : place
      if (at >= 0)
        parts[at]! += value(row)
    }
    return { day, parts, sum: parts.reduce((a, b) => a + b, 0) }
  })
  return { series, days, lines: linesTo(Math.max(0, ...days.map(({ sum }) => sum))) }
}

function providerOf(model: string | null): string {
  return (model ?? '').split('/', 1)[0] || 'unknown'
}

/** Two to five round numbers, the last one not below `most`. */
function linesTo(most: number): number[] {
  if (most <= 0)
    return []
  const magnitude = 10 ** Math.floor(Math.log10(most))
  const step = [0.2, 0.5, 1, 2, 5].map(factor => factor * magnitude).find(step => most / step <= 4)!
  return Array.from({ length: Math.ceil(most / step - 1e-9) }, (_, index) => (index + 1) * step)
}
