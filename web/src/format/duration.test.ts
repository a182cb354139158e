import { expect, it } from 'vitest'
import { formatClock, formatDuration, formatShortDuration, formatWords, parseDuration } from './duration.ts'

it.each([[0, '0:00'], [9400, '0:09'], [372_000, '6:12'], [3_723_000, '1:02:03'], [-5, '0:00']])('shows %i ms as the running clock %s', (ms, text) => {
  expect(formatClock(ms)).toBe(text)
})

it.each([[0, '0.0 s'], [160, '0.2 s'], [48_200, '48.2 s'], [59_949, '59.9 s'], [59_960, '1:00'], [160_000, '2:40']])('says that %i ms took %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

it.each([[400, '0.4 s'], [960, '1 s'], [14_200, '14 s'], [59_700, '1:00'], [131_000, '2:11']])('says %i ms as %s in a table', (ms, text) => {
  expect(formatShortDuration(ms)).toBe(text)
})

it.each([[0, '0 s'], [90_000, '1 m 30 s'], [1_800_000, '30 m'], [7_205_000, '2 h'], [93_600_000, '1 d 2 h']])('says %i ms in words as %s', (ms, text) => {
  expect(formatWords(ms)).toBe(text)
})

it('reads the durations of a manifest and refuses what is none', () => {
  expect(['90s', '5m', '1.5h', '500ms', ' 2 d '].map(parseDuration)).toEqual([90_000, 300_000, 5_400_000, 500, 172_800_000])
  expect(['', '5', 'm', '5 minutes', '-1s'].map(parseDuration)).toEqual([null, null, null, null, null])
})
