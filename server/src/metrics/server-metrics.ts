import type { Instruments } from './instruments.ts'
import type { StoredFigures } from './stored-figures.ts'
import { SHORT_BUCKETS } from './instruments.ts'
import { createStoredGauges } from './stored-figures.ts'

export interface ServerMetrics {
  /** A batch of events was handed to a socket, so long after the oldest of them was made. */
  sent: (lagMs: number) => void
  set: (now: { sockets: number, waitingBytes: number, isScheduling: boolean, stored: StoredFigures | null }) => void
}

/** The figures of a process that people speak with. */
export function createServerMetrics(instruments: Instruments): ServerMetrics {
  const { gauge, histogram } = instruments
  const scheduler = gauge('agentos_scheduler_status', '1 while schedules are acted on; 0: they are not')
  const sockets = gauge('agentos_sockets', 'WebSockets that are open')
  const waiting = gauge('agentos_sockets_waiting_bytes', 'What waits to be sent on all WebSockets: slow readers')
  const lag = histogram('agentos_event_lag_seconds', 'Live events: from the moment in which the oldest of a batch was made to the moment in which the batch was handed to a socket, by the clocks of both machines', SHORT_BUCKETS)
  const gauges = createStoredGauges(instruments)

  return {
    sent: lagMs => lag.observe(Math.max(0, lagMs) / 1000),
    set({ sockets: open, waitingBytes, isScheduling, stored }) {
      sockets.set(open)
      waiting.set(waitingBytes)
      scheduler.set(isScheduling ? 1 : 0)
      stored ? gauges.set(stored) : gauges.forget()
    },
  }
}
