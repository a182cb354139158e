import type { UsageRow } from '@agentos/server/domain/views/budget'
import { describe, expect, it } from 'vitest'
import { dayBars } from './day-bars.ts'
import { daysOf, dayWords, eachDay, rangeOf } from './range.ts'
import { usageCsv } from './usage-csv.ts'

function row(day: string, model: string, costUsd: number, more: Partial<UsageRow> = {}): UsageRow {
  return { day, model, agent: null, person: null, calls: 1, unknownCalls: 0, inputTokens: 10, outputTokens: 5, cachedTokens: 0, costUsd, ...more }
}

describe('the days that are looked at', () => {
  it('come from the address, and are thirty when it says nothing that is known', () => {
    expect([rangeOf('7'), rangeOf('30'), rangeOf('9'), rangeOf(undefined)]).toEqual([7, 30, 30, 30])
    expect(daysOf(7, Date.parse('2026-11-02T23:59:00Z'))).toEqual({ from: '2026-10-27', to: '2026-11-02' })
    expect(eachDay('2026-02-27', '2026-03-01')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01'])
    expect(dayWords('2026-11-02', 'short')).toBe('2 Nov')
  })
})

describe('the bars of days', () => {
  it('have a part for each provider, the dearest first, and none is left out', () => {
    const byDay = [row('2026-11-01', 'a/x', 1), row('2026-11-01', 'b/x', 4), row('2026-11-02', 'a/y', 2), row('2026-11-02', 'c/x', 0.5), row('2026-11-02', 'd/x', 0.25)]
    const { series, days, lines } = dayBars({ from: '2026-11-01', to: '2026-11-03', byDay }, 'costUsd')
    expect(series).toEqual(['b', 'a', 'others'])
    expect(days).toEqual([
      { day: '2026-11-01', parts: [4, 1, 0], sum: 5 },
      { day: '2026-11-02', parts: [0, 2, 0.75], sum: 2.75 },
      { day: '2026-11-03', parts: [0, 0, 0], sum: 0 },
    ])
    expect(lines).toEqual([2, 4, 6])
  })

  it('are of tokens where money was not counted, and none at all where nothing was', () => {
    expect(dayBars({ from: '2026-11-01', to: '2026-11-01', byDay: [row('2026-11-01', 'a/x', 0)] }, 'tokens').days[0]).toMatchObject({ parts: [15] })
    expect(dayBars({ from: '2026-11-01', to: '2026-11-01', byDay: [] }, 'costUsd')).toMatchObject({ series: [], lines: [] })
  })
})

it('a table for a spreadsheet quotes what would break it, and runs no formula', () => {
  expect(usageCsv([row('2026-11-01', 'a/x', 0.5, { agent: 'one, "two"', person: '=1+1' })]))
    .toBe('day,agent,person,model,calls,unknownCalls,inputTokens,outputTokens,cachedTokens,costUsd\r\n2026-11-01,"one, ""two""",\'=1+1,a/x,1,0,10,5,0,0.5\r\n')
})
