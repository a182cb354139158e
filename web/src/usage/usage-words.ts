import type { UsageReport, UsageRow } from '@agentos/server/domain/views/budget'

/** `−8 % on the 30 days before`. */
export function comparedWithBefore({ total, before }: Pick<UsageReport, 'total' | 'before'>, days: number): string {
  if (before.costUsd === 0)
    return total.costUsd === 0 ? 'nothing was charged' : `nothing in the ${days} days before`
  const change = Math.round((total.costUsd / before.costUsd - 1) * 100)
  return `${change < 0 ? '−' : '+'}${Math.abs(change)} % on the ${days} days before`
}

const SUMMED = ['calls', 'unknownCalls', 'inputTokens', 'outputTokens', 'cachedTokens', 'costUsd'] as const satisfies (keyof UsageRow)[]

const NOTHING: UsageRow = {
  day: null,
  agent: null,
  person: null,
  model: null,
  calls: 0,
  unknownCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  costUsd: 0,
}

/** All models of a day together, the newest day first. */
export function byDayAlone(rows: UsageRow[]): UsageRow[] {
  return [...Map.groupBy(rows, row => row.day)].map(([day, group]) => {
    const sum: UsageRow = { ...NOTHING, day }
    for (const row of group) {
      for (const name of SUMMED)
        sum[name] += row[name]
    }
    return sum
  }).reverse()
}
