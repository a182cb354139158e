import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createThrottle } from './throttle.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('runs the first call at once and gathers the rest into one', () => {
  const run = vi.fn()
  const throttle = createThrottle(run, 1000)
  throttle.call()
  throttle.call()
  throttle.call()
  expect(run).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1000)
  expect(run).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(5000)
  expect(run).toHaveBeenCalledTimes(2)
})

it('does not run after it was stopped', () => {
  const run = vi.fn()
  const throttle = createThrottle(run, 1000)
  throttle.call()
  throttle.call()
  throttle.stop()
  vi.advanceTimersByTime(5000)
  expect(run).toHaveBeenCalledTimes(1)
})
