import type { EventType } from '../domain/event.ts'
import type { EndReason } from '../domain/run.ts'
import type { RunCounts } from '../domain/views.ts'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { RUN_STATUSES } from '../domain/run.ts'

/** What is asked once at each scrape. */
export interface Figures {
  counts: RunCounts
  oldestQueuedAt: string | null
  sockets: number
  socketsWaitingBytes: number
  slots: number
  busy: number
  /** Whether schedules are acted on. */
  isScheduling: boolean
}

export interface Metrics {
  /** Events that have just been stored, by their types. */
  stored: (types: EventType[]) => void
  /** A run that a worker of this process has ended. */
  ended: (reason: EndReason, durationMs: number) => void
  scrape: () => Promise<{ contentType: string, text: string }>
}

export function createMetrics({ version, figures }: { version: string, figures: () => Promise<Figures> }): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) => new Gauge({ name, help, labelNames, registers })

  // The prototype's six. Its "agent" was one run of one.
  const total = gauge('agentos_agents_total', 'Runs that are stored')
  const running = gauge('agentos_agents_running', 'Runs that are running')
  const completed = gauge('agentos_agents_completed', 'Runs that succeeded')
  const failed = gauge('agentos_agents_failed', 'Runs that failed')
  const stopped = gauge('agentos_agents_stopped', 'Runs that were cancelled')
  const scheduler = gauge('agentos_scheduler_status', '1 while schedules are acted on; 0: they are not')

  gauge('agentos_build_info', 'Always 1; the label says which version runs', ['version']).set({ version }, 1)
  const runs = gauge('agentos_runs', 'Runs that are stored, by status', ['status'])
  const oldest = gauge('agentos_queue_oldest_wait_seconds', 'Since the oldest of the queued runs was submitted; 0 when none is queued')
  const sockets = gauge('agentos_sockets', 'WebSockets that are open')
  const waiting = gauge('agentos_sockets_waiting_bytes', 'What waits to be sent on all WebSockets: slow readers')
  const slots = gauge('agentos_worker_slots', 'Runs that this worker may run at a time')
  const busy = gauge('agentos_worker_busy', 'Runs that this worker runs')
  const events = new Counter({ name: 'agentos_events_appended_total', help: 'Events that the worker of this process wrote to logs, by type', labelNames: ['type'], registers })
  const duration = new Histogram({
    name: 'agentos_run_duration_seconds',
    help: 'Runs that this process ended: from the first start to the end, by why it ended',
    labelNames: ['reason'],
    buckets: [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600],
    registers,
  })
  let hasDefaults = false

  return {
    stored(types) {
      for (const type of types)
        events.inc({ type })
    },

    ended: (reason, durationMs) => duration.observe({ reason }, durationMs / 1000),

    async scrape() {
      // Its lag monitor wakes the process again and again; a server that nobody scrapes rests.
      if (!hasDefaults)
        collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 })
      hasDefaults = true

      const now = await figures()
      total.set(RUN_STATUSES.reduce((sum, status) => sum + now.counts[status], 0))
      running.set(now.counts.running)
      completed.set(now.counts.succeeded)
      failed.set(now.counts.failed)
      stopped.set(now.counts.cancelled)
      for (const status of RUN_STATUSES)
        runs.set({ status }, now.counts[status])
      oldest.set(now.oldestQueuedAt ? Math.max(0, Date.now() - Date.parse(now.oldestQueuedAt)) / 1000 : 0)
      sockets.set(now.sockets)
      waiting.set(now.socketsWaitingBytes)
      slots.set(now.slots)
      busy.set(now.busy)
      scheduler.set(now.isScheduling ? 1 : 0)
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}
