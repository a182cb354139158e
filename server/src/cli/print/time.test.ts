import { expect, it } from 'vitest'
import { formatAgo, formatMs } from './time.ts'

it.each([[0, '0.0 s'], [9_949, '9.9 s'], [9_950, '10 s'], [59_400, '59 s'], [59_600, '1:00'], [187_000, '3:07'], [3_765_000, '1:02:45']])('says %i ms as %s', (ms, text) => {
  expect(formatMs(ms)).toBe(text)
})

it.each([[-5, '0 s ago'], [59, '59 s ago'], [60, '1 m ago'], [3_599, '59 m ago'], [3_600, '1 h ago'], [86_400, '1 d ago']])('says %i seconds back as %s', (seconds, text) => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(formatAgo(new Date(now - seconds * 1000).toISOString(), now)).toBe(text)
})
