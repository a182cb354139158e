import { expect, it } from 'vitest'
import { formatCount, formatNumber, formatShare, formatUsd, plural } from './number.ts'

it('groups long numbers and shortens counts to three figures', () => {
  expect(formatNumber(1_284_311)).toBe('1,284,311')
  expect([950, 2500, 166_400, 999_700, 1_234_567].map(formatCount)).toEqual(['950', '2.5 k', '166 k', '1 M', '1.2 M'])
})

it('keeps the digits of small money', () => {
  expect([14.2, 0, 0.0042, 0.41].map(formatUsd)).toEqual(['$14.20', '$0.00', '$0.0042', '$0.41'])
})

it('says no share of nothing', () => {
  expect(formatShare(44, 48)).toBe('91.7 %')
  expect(formatShare(48, 48)).toBe('100 %')
  expect(formatShare(0, 0)).toBeNull()
})

it('counts in words', () => {
  expect([plural(1, 'run'), plural(0, 'run'), plural(2, 'process', 'processes')]).toEqual(['1 run', '0 runs', '2 processes'])
})
