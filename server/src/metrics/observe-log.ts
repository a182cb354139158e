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

  async function counted(run: RunRef, move: Promise<{ lastSeq: number }>): Promise<{ lastSeq: number }> {
    const result = await move
    void moved(run, result.lastSeq).catch(() => {})
    return result
  }

  return {
    async append(run, events) {
      const appended = await log.append(run, events)
      metrics.stored(events.map(({ type }) => type))
      return appended
    },
    end: (run, end) => counted(run, log.end(run, end)),
    retry: (run, retry) => counted(run, log.retry(run, retry)),
    giveBack: (run, why) => counted(run, log.giveBack(run, why)),
    park: (run, park) => counted(run, log.park(run, park)),
    stop: () => log.stop(),
  }
}
