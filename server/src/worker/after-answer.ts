import type { EndReason } from '../domain/run.ts'
import type { AttemptOutcome } from './outcome.ts'

/** Of an answer that did not come, the conversation says why, and waits all the same. */
const NO_ANSWER: ReadonlySet<EndReason> = new Set(['error', 'timeout'])

/** A conversation waits for the next message; what ends every run (a stop, a limit, a lost worker) ends it too, or hands it on. */
export function afterAnswer(outcome: AttemptOutcome): AttemptOutcome {
  if (outcome.reason === 'completed')
    return { ...outcome, detail: 'It waits for the next message.', waitingFor: { kind: 'message' } }
  return NO_ANSWER.has(outcome.reason) ? { ...outcome, waitingFor: { kind: 'message' } } : outcome
}
