import type { NewEvent } from '../domain/event.ts'
import type { Database } from '../store/database.ts'
import type { RunRef } from '../store/run-append.ts'
import { usdOf } from '../domain/budget.ts'
import { event } from '../domain/event.ts'
import { lostCalls } from '../store/lost-holds.ts'

/**
 * For the log of a later attempt: the calls that were under way when an earlier one was lost. Nobody knows what they came to, so each
 * counts as the most that it can have been; with these events their holds are settled.
 */
export async function answersOfLostCalls(db: Database, { runId, fence }: RunRef): Promise<NewEvent[]> {
  const calls = await lostCalls(db, runId, fence)
  return calls.map(({ call, step, model, inputTokens, outputTokens, nanos }) => event('model.responded', {
    step,
    model,
    text: '',
    finish: 'error',
    toolCalls: [],
    usage: { inputTokens, outputTokens },
    costUsd: usdOf(nanos),
    durationMs: 0,
    error: 'Its worker was lost before the answer was recorded; it counts as the most that it can have come to.',
    call,
    counted: 'bound',
  }))
}
