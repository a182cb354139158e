import type { EndReason } from '../../domain/run.ts'

/** How the loop of a run ended, or why it was stopped. */
export interface RunEnd {
  reason: EndReason
  detail: string
  /** True when another attempt might go better. */
  canPass: boolean
}

/** Ends a run from outside of its loop: the first reason wins. */
export interface RunControl {
  stop(end: RunEnd): void
  readonly stopped: RunEnd | null
  /** Aborted by the first stop. */
  readonly signal: AbortSignal
}

/** It waits for a person, and gives its process back: what its loop has begun is begun again by another attempt. */
export const PARKED: RunEnd = { reason: 'interrupted', detail: 'it waits for a person', canPass: true }

export function createRunControl(): RunControl {
  const controller = new AbortController()
  let stopped: RunEnd | null = null
  return {
    stop(end) {
      stopped ??= end
      controller.abort()
    },
    get stopped() { return stopped },
    signal: controller.signal,
  }
}

/** The promise, or undefined as soon as the run is stopped. */
export function unlessStopped<T>(control: RunControl, promise: Promise<T>): Promise<T | undefined> {
  if (control.signal.aborted) {
    promise.catch(() => {})
    return Promise.resolve(undefined)
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined)
    control.signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => control.signal.removeEventListener('abort', onAbort))
  })
}
