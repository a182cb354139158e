import type { NewEvent } from '../../src/domain/event.ts'
import type { History, StoredEvent } from './history.ts'
import { event } from '../../src/domain/event.ts'
import { output } from '../conformance-output.ts'

/** A run that keeps every rule: a retry, a worker that was lost, a person's word on an unknown effect and on a command, and a good end. */
export function validHistory(): History {
  const at = '2026-01-01T00:00:00.000Z'
  const exited = { exitCode: 0, signal: null, durationMs: 1, ended: 'exited' } as const
  const told: [attempt: number, actor: string, told: NewEvent][] = [
    [0, 'owner', event('run.submitted', { agent: 'a', version: 1, task: 'a task', inputs: {}, by: 'owner', notices: [] })],
    [1, 'w1', event('attempt.started', { worker: 'w1', fence: 1 })],
    [1, 'w1', output('first')],
    [1, 'w1', event('attempt.ended', { reason: 'error', detail: '', durationMs: 1 })],
    [1, 'w1', event('run.retry_scheduled', { reason: 'error', detail: '', delayMs: 0, availableAt: at })],
    [2, 'w2', event('attempt.started', { worker: 'w2', fence: 2 })],
    [2, 'w2', event('step.started', { step: 1, place: 0, name: 'work', kind: 'command', command: 'work', try: 1 })],
    [2, 'w2', event('attempt.lost', { worker: 'w2', detail: 'gone' })],
    [2, 'w2', event('run.retry_scheduled', { reason: 'interrupted', detail: '', delayMs: 0, availableAt: at })],
    [3, 'w3', event('attempt.started', { worker: 'w3', fence: 3 })],
    [3, 'w3', event('run.resumed', { kept: 0, repeated: 0, unknown: 1, workspace: 'kept' })],
    [3, 'w3', event('effect.unknown', { effect: 'e1', step: 1, name: 'work', command: 'work' })],
    [3, 'w3', event('run.parked', { for: 'settlement', detail: '' })],
    [3, 'owner', event('effect.settled', { effect: 'e1', as: 'done', by: 'owner' })],
    [3, 'owner', event('step.finished', { step: 1, status: 'succeeded', durationMs: 0 })],
    [4, 'w4', event('attempt.started', { worker: 'w4', fence: 4 })],
    [4, 'w4', event('approval.requested', { approval: 'p1', step: 2, tool: 'shell', title: 'more', action: 'more', digest: '0'.repeat(64), rule: 'more', expiresAt: at, isHeld: false })],
    [4, 'owner', event('approval.decided', { approval: 'p1', as: 'once', by: 'owner' })],
    [4, 'w4', event('step.started', { step: 2, place: 1, name: 'more', kind: 'command', command: 'more', timeoutMs: 1, try: 1 })],
    [4, 'w4', output('second')],
    [4, 'w4', event('step.finished', { step: 2, status: 'succeeded', end: exited, durationMs: 1 })],
    [4, 'owner', event('run.cancel_requested', { by: 'owner' })],
    [4, 'w4', event('run.ended', { status: 'succeeded', reason: 'completed', detail: '', steps: 2, outputBytes: 11, tokens: 0, costUsd: null, durationMs: 1, survivors: 0 })],
  ]
  return {
    run: { id: 'r', status: 'succeeded', reason: 'completed', attempt: 4, fence: 4, hasLease: false, lastSeq: told.length, steps: 2, outputBytes: 11, tokens: 0, costUsd: null, failures: 1 },
    attempts: [1, 2, 3, 4].map(attempt => ({ attempt, fence: attempt, worker: `w${attempt}`, isEnded: true })),
    events: told.map(([attempt, actor, one], index) => ({ ...one, at, attempt, actor, seq: index + 1 }) as StoredEvent), // each pairs a type with its own data
  }
}
