import { expect, it } from 'vitest'
import { formatAge, formatAgo, formatDay } from './time.ts'

const now = Date.parse('2026-11-23T15:10:00.000Z')

function ago(ms: number): string {
  return new Date(now - ms).toISOString()
}

it.each([[0, 'now'], [999, 'now'], [42_000, '42 s'], [59_999, '59 s'], [360_000, '6 m'], [7_300_000, '2 h'], [12 * 86_400_000, '12 d']])('says that what happened %i ms ago is %s old', (ms, text) => {
  expect(formatAge(ago(ms), now)).toBe(text)
})

it('speaks of the past, the moment and the future', () => {
  expect(formatAgo(ago(360_000), now)).toBe('6 m ago')
  expect(formatAgo(ago(0), now)).toBe('just now')
  expect(formatAgo(ago(-1_200_000), now)).toBe('in 20 m')
})

it('is calm about a clock that runs ahead of ours', () => {
  expect(formatAge(ago(-5000), now)).toBe('now')
})

it('names the day in words', () => {
  expect(formatDay(new Date(2026, 10, 23, 15, 10).getTime())).toBe('Monday 23 November, 15:10')
})
