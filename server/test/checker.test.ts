import type { RunEvent } from '../src/domain/event.ts'
import type { History } from './checker.ts'
import { expect, it } from 'vitest'
import { event } from '../src/domain/event.ts'
import { checkHistory } from './checker.ts'
import { output } from './conformance-output.ts'

it('finds nothing in a history that keeps the rules', () => {
  expect(checkHistory(history())).toEqual([])
})

it.each<[string, (given: History) => void]>([
  ['dense', ({ events }) => void events.splice(3, 1)],
  ['dense', ({ events }) => void (events[2]!.seq = 9)],
  ['lastSeq', ({ run }) => void run.lastSeq--],
  ['one run.ended', ({ events }) => void events.splice(-1, 1)],
  ['one run.ended', ({ events }) => void events.push({ ...events.at(-1)!, seq: 9 })],
  ['run.ended is its last', ({ events }) => void events.push({ ...output('late'), seq: 9, attempt: 2 })],
  ['status and reason', ({ run }) => void (run.reason = 'timeout')],
  ['its events say', ({ run }) => void (run.status = 'failed')],
  ['first event', ({ events }) => void events.shift()],
  ['number of attempts', ({ run }) => void run.attempt++],
  ['names the fence', ({ attempts }) => void (attempts[0]!.worker = 'another')],
  ['fences grow', ({ attempts }) => void (attempts[1]!.fence = 1)],
  ['that of its last attempt', ({ run }) => void run.fence++],
  ['open exactly while', ({ attempts }) => void (attempts[0]!.isEnded = false)],
  ['after the next attempt', ({ events }) => void (events[5]!.attempt = 0)],
  ['between the start and the end', ({ events }) => void events.splice(4, 0, { ...output(''), seq: 5, attempt: 1 })],
  ['sum over its events', ({ run }) => void run.outputBytes++],
  ['its cost', ({ run }) => void (run.costUsd = 1)],
])('finds a corrupted history: %s', (words, corrupt) => {
  const given = history()
  corrupt(given)
  expect(checkHistory(given).join('\n')).toContain(words)
})

/** Two attempts, the second of which succeeds. */
function history(): History {
  const at = '2026-01-01T00:00:00.000Z'
  const events = [
    { attempt: 0, ...event('run.submitted', { agent: 'a', version: 1, task: '', inputs: {}, by: 'owner', notices: [] }) },
    { attempt: 1, ...event('attempt.started', { worker: 'w1', fence: 1 }) },
    { attempt: 1, ...output('first') },
    { attempt: 1, ...event('run.retry_scheduled', { reason: 'error', detail: '', delayMs: 0, availableAt: at }) },
    { attempt: 2, ...event('attempt.started', { worker: 'w2', fence: 2 }) },
    { attempt: 2, ...output('second') },
    { attempt: 2, ...event('run.cancel_requested', { by: 'owner' }) },
    { attempt: 2, ...event('run.ended', { status: 'succeeded', reason: 'completed', detail: '', steps: 0, outputBytes: 11, tokens: 0, costUsd: null, durationMs: 1, survivors: 0 }) },
  ].map((one, index) => ({ ...one, seq: index + 1 }) as RunEvent) // each pairs a type with its own data
  return {
    run: { id: 'r', status: 'succeeded', reason: 'completed', attempt: 2, fence: 2, lastSeq: 8, steps: 0, outputBytes: 11, tokens: 0, costUsd: null },
    attempts: [{ attempt: 1, fence: 1, worker: 'w1', isEnded: true }, { attempt: 2, fence: 2, worker: 'w2', isEnded: true }],
    events,
  }
}
