import { expect, it } from 'vitest'
import { createGate } from './gate.ts'

it('lets only so many in at a time, in the order in which they came', async () => {
  const gate = createGate(2)
  const order: number[] = []
  let inside = 0
  let most = 0
  await Promise.all(Array.from({ length: 20 }, (_, index) => gate.pass(async () => {
    order.push(index)
    most = Math.max(most, ++inside)
    await new Promise(resolve => setImmediate(resolve))
    inside--
  })))
  expect(most).toBe(2)
  expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index))
})

it('gives the place back when the work fails', async () => {
  const gate = createGate(1)
  await expect(gate.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.pass(async () => 'next')).toBe('next')
})

it('gives the loop a turn between two that wait', async () => {
  const gate = createGate(1)
  const seen: string[] = []
  setImmediate(() => seen.push('the loop'))
  const first = gate.pass(async () => void seen.push('first'))
  const second = gate.pass(async () => void seen.push('second'))
  await Promise.all([first, second])
  expect(seen).toEqual(['first', 'the loop', 'second'])
})

it('gives the loop a turn when work that never waits has taken long, although places are free', async () => {
  const gate = createGate(100)
  const seen: string[] = []
  setImmediate(() => seen.push('the loop'))
  const long = gate.pass(async () => {
    for (const endAt = performance.now() + 30; performance.now() < endAt;);
    seen.push('long')
  })
  const next = long.then(() => gate.pass(async () => void seen.push('next')))
  await next
  expect(seen).toEqual(['long', 'the loop', 'next'])
})
