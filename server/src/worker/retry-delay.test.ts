import { expect, it } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

const RETRY = { attempts: 9, delayMs: 1000, maxDelayMs: 30_000, factor: 2, jitter: false }

it('grows by its factor up to its bound', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(attempt => retryDelayMs(RETRY, attempt))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

it('is spread between half of it and the whole', () => {
  expect([0, 0.5, 1].map(dice => retryDelayMs({ ...RETRY, jitter: true }, 3, () => dice))).toEqual([2000, 3000, 4000])
})
