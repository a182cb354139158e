import type { EndReason } from '../domain/run.ts'

/** Why an attempt is stopped from outside of its loop. */
export type Stop
  /** Somebody else has the run now: nothing more may be written for it. */
  = | { kind: 'lost_lease' }
    | { kind: 'end', reason: EndReason, detail: string, canPass: boolean }

/** The first reason wins; what comes later changes nothing. */
export interface AttemptStop {
  stop: (why: Stop) => void
  readonly first: Stop | null
  /** Aborted by the first stop. */
  readonly signal: AbortSignal
}

export function createAttemptStop(): AttemptStop {
  const controller = new AbortController()
  let first: Stop | null = null
  return {
    stop(why) {
      if (first)
        return
      first = why
      controller.abort()
    },
    get first() {
      return first
    },
    signal: controller.signal,
  }
}
