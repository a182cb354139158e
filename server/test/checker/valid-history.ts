import type { NewEvent } from '../../src/domain/event.ts'
import type { History, StoredEvent } from './history.ts'
import { event } from '../../src/domain/event.ts'
import { output } from '../conformance-output.ts'

/** A run that keeps every rule: a retry, a worker that was lost, a person's word on an unknown effect, and a good end. */
export function validHistory(): History {
  const at = '2026-01-01T00:00:00.000Z'
  const model = { step: 2, model: 'm', text: '', finish: 'stop', toolCalls: [], usage: { inputTokens: 5, outputTokens: 2 }, costUsd: 0.5, durationMs: 1 } as const
  const told: [attempt: number, actor: string, told: NewEvent][] = [
    [0, 'owner', event('run.submitted', { agent: 'a', version: 1, task: 'a task', inputs: {}, by: 'owner', notices: [] })],
    [1, 'w1', event('attempt.started', { worker: 'w1', fence: 1 })],
    [1, 'w1', output('first')],
    [1, 'w1', event('attempt.ended', { reason: 'error', detail: '', durationMs: 1 })],
    [1, 'w1', event('run.retry_scheduled', { reason: 'error', detail: '', delayMs: 0, availableAt: at })],
    [2, 'w2', event('attempt.started', { worker: 'w2', fence: 2 })],
    [2, 'w2', event('step.started', { step: 1, name: 'work', kind: 'command', command: 'work', try: 1 })],
    [2, 'w2', event('attempt.lost', { worker: 'w2', detail: 'gone' })],
    [2, 'w2', event('effect.unknown', { effect: 'e1', step: 1, name: 'work', command: 'work' })],
    [2, 'w2', event('run.parked', { for: 'settlement', detail: '' })],
    [2, 'owner', event('effect.settled', { effect: 'e1', as: 'done', by: 'owner' })],
    [3, 'w3', event('attempt.started', { worker: 'w3', fence: 3 })],
    [3, 'w3', event('step.started', { step: 2, name: 'model', kind: 'model', try: 1 })],
    [3, 'w3', event('model.responded', { ...model, toolCalls: [] })],
    [3, 'w3', output('second')],
    [3, 'owner', event('run.cancel_requested', { by: 'owner' })],
    [3, 'w3', event('run.ended', { status: 'succeeded', reason: 'completed', detail: '', steps: 2, outputBytes: 11, tokens: 7, costUsd: 0.5, durationMs: 1, survivors: 0 })],
  ]
  return {
    run: { id: 'r', status: 'succeeded', reason: 'completed', attempt: 3, fence: 3, hasLease: false, lastSeq: told.length, steps: 2, outputBytes: 11, tokens: 7, costUsd: 0.5 },
    attempts: [1, 2, 3].map(attempt => ({ attempt, fence: attempt, worker: `w${attempt}`, isEnded: true })),
    events: told.map(([attempt, actor, one], index) => ({ ...one, at, attempt, actor, seq: index + 1 }) as StoredEvent), // each pairs a type with its own data
  }
}
