import type { Instruments } from './instruments.ts'
import type { OfEvents } from './run-events.ts'
import { LONG_BUCKETS } from './instruments.ts'
import { createModelCalls } from './model-calls.ts'

export interface WorkerMetrics {
  /** What is counted of events that only a worker writes. */
  ofEvents: OfEvents
  claimed: (waitedMs: number | null) => void
  leaseLost: () => void
  executorStarted: () => void
  executorDied: () => void
  set: (now: { slots: number, busy: number }) => void
}

/** The figures of a process that runs agents. */
export function createWorkerMetrics(instruments: Instruments, { providers }: { providers: string[] }): WorkerMetrics {
  const { counter, gauge, histogram } = instruments
  const slots = gauge('agentos_worker_slots', 'Runs that this worker may run at a time')
  const busy = gauge('agentos_worker_busy', 'Runs that this worker runs')
  const claims = counter('agentos_attempts_started_total', 'Attempts that this worker has begun')
  const wait = histogram('agentos_queue_wait_seconds', 'From the submission of a run to its first start', LONG_BUCKETS)
  const leases = counter('agentos_leases_lost_total', 'Runs that were taken away from this worker while it ran them, because it was silent for too long')
  const starts = counter('agentos_executor_starts_total', 'Executor processes that were started')
  const deaths = counter('agentos_executor_deaths_total', 'Executor processes that ended though nobody had asked them to')
  const refusals = counter('agentos_budget_refusals_total', 'Calls to models that were not made because of a budget: of the run itself, or shared with others', ['scope', 'unit'])
  const limits = counter('agentos_limits_reached_total', 'Limits that runs have reached', ['limit'])
  const tools = counter('agentos_tool_calls_total', 'Tool calls that ended', ['status'])
  const models = createModelCalls(instruments, providers)
  for (const scope of ['run', 'shared']) {
    for (const unit of ['usd', 'tokens'])
      refusals.inc({ scope, unit }, 0)
  }

  return {
    ofEvents: {
      'model.responded': models.responded,
      'tool.finished': ({ status }) => tools.inc({ status }),
      'budget.reached': ({ unit }) => refusals.inc({ scope: 'shared', unit }),
      'limit.reached': ({ limit }) => {
        limits.inc({ limit })
        if (limit === 'cost' || limit === 'tokens')
          refusals.inc({ scope: 'run', unit: limit === 'cost' ? 'usd' : 'tokens' })
      },
    },
    claimed(waitedMs) {
      claims.inc()
      if (waitedMs !== null)
        wait.observe(waitedMs / 1000)
    },
    leaseLost: () => leases.inc(),
    executorStarted: () => starts.inc(),
    executorDied: () => deaths.inc(),
    set(now) {
      slots.set(now.slots)
      busy.set(now.busy)
    },
  }
}
