import type { EventLog } from '../events/log.ts'
import type { Metrics } from './metrics.ts'

/** The same log, counted: metrics hear of what was appended, after it was. What moves a run is told by the store. */
export function observeLog(log: EventLog, metrics: Pick<Metrics, 'appended' | 'asked'>): EventLog {
  return {
    ...log,
    async append(run, events) {
      const startedAt = performance.now()
      const result = await log.append(run, events)
      metrics.asked('append', performance.now() - startedAt, null)
      metrics.appended(events)
      return result
    },
  }
}
