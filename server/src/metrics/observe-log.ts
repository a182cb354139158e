import type { RunEvent } from '../domain/event.ts'
import type { EventLog, RunRef } from '../events/log.ts'
import type { Metrics } from './metrics.ts'

/** The last event of a run's log, once more, for what only the database knew when it was written. */
export type ReadLast = (runId: string, lastSeq: number) => Promise<RunEvent | undefined>

/** The same log, counted: metrics hear of what was stored, after it was. A count that fails is no failure of the log. */
export function observeLog(log: EventLog, metrics: Pick<Metrics, 'stored' | 'ended'>, readLast: ReadLast): EventLog {
  async function moved({ runId }: RunRef, lastSeq: number): Promise<void> {
    const last = await readLast(runId, lastSeq)
    if (last)
      metrics.stored([last.type])
    if (last?.type === 'run.ended')
      metrics.ended(last.data.reason, last.data.durationMs)
  }

  return {
    async append(run, events) {
      const appended = await log.append(run, events)
      metrics.stored(events.map(({ type }) => type))
      return appended
    },
    async end(run, end) {
      const ended = await log.end(run, end)
      void moved(run, ended.lastSeq).catch(() => {})
      return ended
    },
    async retry(run, retry) {
      const retried = await log.retry(run, retry)
      void moved(run, retried.lastSeq).catch(() => {})
      return retried
    },
    stop: () => log.stop(),
  }
}
