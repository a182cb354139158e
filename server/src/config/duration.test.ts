import { expect, it } from 'vitest'
import { parseDurationMs } from './duration.ts'

it.each([
  ['90s', 90_000],
  ['1.5m', 90_000],
  ['2 h', 7_200_000],
  ['1d', 86_400_000],
  ['250ms', 250],
  ['30', 30_000],
])('reads %s', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms)
})

it.each(['', 'x', '5 weeks', '-1s', '1e3', '30d', '1m30s'])('refuses %j', (text) => {
  expect(parseDurationMs(text)).toBeNull()
})
