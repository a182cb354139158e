import type { EndReason } from '../domain/run.ts'
import type { WaitingFor } from '../domain/views/run.ts'
import type { AttemptStop } from './attempt-stop.ts'

/** How an attempt went. */
export interface AttemptOutcome {
  reason: EndReason
  /** A sentence for a person. */
  detail: string
  /** True when another attempt might go better. */
  canPass: boolean
  /** Processes that had to be killed one by one at the end. */
  survivors: number
  /** A person has to decide: the run is parked. */
  waitingFor?: WaitingFor
}

export function refused(detail: string): AttemptOutcome {
  return { reason: 'refused', detail, canPass: false, survivors: 0 }
}

/** What the stop says, when there was one; null when the attempt may go on. */
export function outcomeOfStop({ first }: AttemptStop): AttemptOutcome | null {
  if (!first)
    return null
  if (first.kind === 'lost_lease')
    return { reason: 'interrupted', detail: 'Another worker has this run.', canPass: true, survivors: 0 }
  return { reason: first.reason, detail: first.detail, canPass: first.canPass, survivors: 0 }
}
