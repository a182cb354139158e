import { expect, it } from 'vitest'
import { reconnectDelayMs } from './socket.ts'

it('waits longer after each failed attempt, and never longer than ten seconds', () => {
  const delays = [0, 1, 2, 3, 4, 5, 20].map(attempt => reconnectDelayMs(attempt, () => 1))
  expect(delays).toEqual([400, 800, 1600, 3200, 6400, 10_000, 10_000])
})

it('spreads the pages over the second half of the wait', () => {
  expect(reconnectDelayMs(0, () => 0)).toBe(200)
  expect(reconnectDelayMs(0, () => 0.5)).toBe(300)
})
