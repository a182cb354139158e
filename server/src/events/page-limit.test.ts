import type { RunEvent } from '../domain/event.ts'
import { expect, it } from 'vitest'
import { event } from '../domain/event.ts'
import { nextLimit } from './page-limit.ts'

function page(text: string): RunEvent[] {
  return [{ ...event('step.output', { step: 1, stream: 'stdout', text }), seq: 1, attempt: 1 }]
}

it('asks for many small events and for few large ones, never more than it may', () => {
  expect(nextLimit(null, 500)).toBe(100)
  expect(nextLimit(page('a line'), 500)).toBe(500)
  expect(nextLimit(page('x'.repeat(64 * 1024)), 500)).toBe(16)
  expect(nextLimit(page('x'.repeat(64 * 1024)), 2)).toBe(2)
})
