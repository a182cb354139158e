import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatDuration, formatSize, parseDuration, parseMoney, parseSize } from './units.ts'

it('durations are read with their units', () => {
  expect(['250ms', '90s', '5m', '2h', '1h30m', '1.5h', '7d'].map(parseDuration)).toEqual([250, 90_000, 300_000, 7_200_000, 5_400_000, 5_400_000, 604_800_000])
})

it('what is no duration is refused', () => {
  expect(['', '30', 's', '-5m', '5 m', '5min', '1h 30m', '1e3s', '5M'].map(parseDuration)).toEqual(Array.from({ length: 9 }).fill(null))
})

it('a duration that is written can be read back', () => {
  fc.assert(fc.property(fc.nat(10_000_000_000), ms => parseDuration(formatDuration(ms)) === ms))
  expect([0, 300_000, 5_400_000, 90_061_001].map(formatDuration)).toEqual(['0s', '5m', '1h30m', '1d1h1m1s1ms'])
})

it('sizes count by 1024 with an i and by 1000 without', () => {
  expect(['512MiB', '2GB', '1KiB', '10B', '1.5GiB'].map(parseSize)).toEqual([536_870_912, 2_000_000_000, 1024, 10, 1_610_612_736])
  expect(['512', '512M', '512 MiB', '-1MiB', 'MiB', '9999999999TiB'].map(parseSize)).toEqual(Array.from({ length: 6 }).fill(null))
  expect([536_870_912, 1024, 10].map(formatSize)).toEqual(['512MiB', '1KiB', '10B'])
})

it('money is dollars with their sign', () => {
  expect(['$2', '$1.50', '2', '€2', '$', '$-1', '$1,000'].map(parseMoney)).toEqual([2, 1.5, null, null, null, null, null])
})
