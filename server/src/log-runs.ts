import type { Logger } from 'pino'
import type { RunMoved } from './domain/run-moved.ts'

/** What an operator reads of runs in the log of the process that has moved them. */
export function logRuns(logger: Pick<Logger, 'info' | 'warn'>, { runId, attempt, events }: RunMoved): void {
  for (const { type, data } of events) {
    if (type === 'attempt.lost')
      logger.warn({ runId, attempt, worker: data.worker, detail: data.detail }, 'an attempt was lost')
    if (type === 'run.retry_scheduled')
      logger.info({ runId, attempt, reason: data.reason, delayMs: data.delayMs }, 'a run is tried again')
    if (type === 'run.ended')
      logger.info({ runId, attempt, status: data.status, reason: data.reason, durationMs: data.durationMs, costUsd: data.costUsd }, 'a run has ended')
    if (type === 'run.ended' && data.survivors > 0)
      logger.warn({ runId, attempt, survivors: data.survivors }, 'processes of a run were alive when it had ended, and were killed')
  }
}
