import { describe, expect, it } from 'vitest'
import { fit, nanosOf, periodAt, usdOf } from './budget.ts'

const open = { limitNanos: null, limitTokens: null, spentNanos: 0, spentTokens: 0, heldNanos: 0, heldTokens: 0 }
/** 100 tokens of a question for 1 each, an answer for 10 a token. */
const wish = { inputTokens: 100, outputTokens: 50, leastOutputTokens: 20, nanos: (output: number) => 100 + output * 10 }

describe('what fits into budgets', () => {
  it('is the whole wish where there is room, to the last billionth', () => {
    expect(fit([open], wish)).toEqual({ ok: true, outputTokens: 50, tokens: 150, nanos: 600 })
    expect(fit([{ ...open, limitNanos: 600 }], wish)).toMatchObject({ ok: true, outputTokens: 50 })
    expect(fit([{ ...open, limitTokens: 150 }], wish)).toMatchObject({ ok: true, outputTokens: 50 })
  })

  it('is a shorter answer when that fits, by the tightest of all limits', () => {
    expect(fit([{ ...open, limitNanos: 599 }], wish)).toEqual({ ok: true, outputTokens: 49, tokens: 149, nanos: 590 })
    expect(fit([{ ...open, limitNanos: 599 }, { ...open, limitTokens: 130 }], wish)).toMatchObject({ ok: true, outputTokens: 30 })
  })

  it('counts what is held as gone', () => {
    expect(fit([{ ...open, limitNanos: 1000, spentNanos: 300, heldNanos: 200 }], wish)).toMatchObject({ ok: true, outputTokens: 40 })
  })

  it('is nothing below what is of use, and says which limit it was', () => {
    const tight = { ...open, limitNanos: 299, name: 'day' }
    expect(fit([{ ...open, name: 'total' }, tight], wish)).toEqual({ ok: false, standing: tight, unit: 'usd', wanted: 300 })
    expect(fit([{ ...open, limitTokens: 119 }], wish)).toMatchObject({ ok: false, unit: 'tokens', wanted: 120 })
    expect(fit([{ ...open, limitTokens: 10 }], wish)).toMatchObject({ ok: false })
  })

  it('does not ask for more than is wished for', () => {
    expect(fit([{ ...open, limitTokens: 105 }], { ...wish, outputTokens: 5 })).toMatchObject({ ok: true, outputTokens: 5 })
  })
})

describe('money', () => {
  it('is whole billionths, rounded up, and what binary fractions add is not', () => {
    expect(nanosOf(0.1 + 0.2)).toBe(300_000_000)
    expect(nanosOf(0.0000000011)).toBe(2)
    expect(usdOf(nanosOf(1.5))).toBe(1.5)
  })
})

describe('a budget\'s period', () => {
  const hour = (iso: string) => Math.floor(Date.parse(iso) / 3_600_000)

  it('begins at midnight in the budget\'s own time zone', () => {
    expect(periodAt('day', 'UTC', Date.parse('2026-11-25T23:59:59.999Z'))).toEqual({ key: '2026-11-25', fromHour: hour('2026-11-25T00:00Z') })
    expect(periodAt('day', 'UTC', Date.parse('2026-11-26T00:00:00.000Z'))).toEqual({ key: '2026-11-26', fromHour: hour('2026-11-26T00:00Z') })
    expect(periodAt('day', 'America/New_York', Date.parse('2026-11-26T04:59:00Z'))).toEqual({ key: '2026-11-25', fromHour: hour('2026-11-25T05:00Z') })
    expect(periodAt('month', 'Europe/Berlin', Date.parse('2026-11-30T23:00:00Z'))).toEqual({ key: '2026-12', fromHour: hour('2026-11-30T23:00Z') })
  })

  it('counts the whole hour in which it begins, where days begin in the middle of one', () => {
    expect(periodAt('day', 'Asia/Kolkata', Date.parse('2026-11-25T12:00:00Z'))).toEqual({ key: '2026-11-25', fromHour: hour('2026-11-24T18:00Z') })
  })

  it('is as long as the day is when clocks change', () => {
    expect(periodAt('day', 'Europe/Berlin', Date.parse('2026-10-25T22:59:00Z'))).toEqual({ key: '2026-10-25', fromHour: hour('2026-10-24T22:00Z') })
    expect(periodAt('total', 'UTC', 0)).toEqual({ key: 'total', fromHour: 0 })
  })
})
