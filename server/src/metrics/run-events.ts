import type { EventType, NewEvent } from '../domain/event.ts'
import type { RunMoved } from '../domain/run-moved.ts'
import type { Instruments } from './instruments.ts'
import { LONG_BUCKETS } from './instruments.ts'

type Data<T extends EventType> = Extract<NewEvent, { type: T }>['data']
/** What is made of an event, by its type. */
export type OfEvents = { [T in EventType]?: (data: Data<T>) => void }

/** What logs say, counted once by the process that has written it. */
export interface RunEventMetrics {
  /** Events of runs that are running here. */
  appended: (events: NewEvent[]) => void
  moved: (moved: RunMoved) => void
  /** Processes of a server that was gone were killed. */
  reapedAtStart: (processes: number) => void
}

/** `worker`: under which name this process claims runs. */
export function createRunEvents({ counter, histogram }: Instruments, { worker, others }: { worker: () => string, others: OfEvents }): RunEventMetrics {
  const events = counter('agentos_events_appended_total', 'Events that this process has written to the logs of runs, by type', ['type'])
  const duration = histogram('agentos_run_duration_seconds', 'Runs that this process has ended: from the first start to the end, by why it ended', LONG_BUCKETS, ['reason'])
  const attempts = counter('agentos_attempts_ended_total', 'Attempts whose end this process has written: ended with their run, retried, parked for a person, or lost', ['outcome'])
  const lost = counter('agentos_attempts_lost_total', 'Attempts that were lost: given_back by this worker, or rescued from one that was gone; then their run is queued, a dead_letter, or cancelled', ['how', 'then'])
  const survivors = counter('agentos_survivors_reaped_total', 'Processes that had to be killed: at run_end those that were alive when their run had ended, at_start those of a server that was gone', ['when'])
  for (const outcome of ['ended', 'retried', 'parked', 'lost'])
    attempts.inc({ outcome }, 0)
  for (const how of ['given_back', 'rescued']) {
    for (const then of ['queued', 'dead_letter', 'cancelled'])
      lost.inc({ how, then }, 0)
  }
  for (const when of ['run_end', 'at_start'])
    survivors.inc({ when }, 0)

  const ofEvents: OfEvents = {
    ...others,
    'run.ended': ({ reason, durationMs, survivors: count }) => {
      duration.observe({ reason }, durationMs / 1000)
      survivors.inc({ when: 'run_end' }, count)
    },
  }

  function appended(written: NewEvent[]): void {
    for (const { type, data } of written) {
      events.inc({ type })
      const count = ofEvents[type] as ((data: object) => void) | undefined // of the same type
      count?.(data)
    }
  }

  return {
    appended,
    moved({ from, to, events: written }) {
      appended(written)
      if (from !== 'running' || to === 'running')
        return
      const gone = written.find(event => event.type === 'attempt.lost')
      attempts.inc({ outcome: gone ? 'lost' : to === 'queued' ? 'retried' : to === 'waiting' ? 'parked' : 'ended' })
      if (gone)
        lost.inc({ how: gone.data.worker === worker() ? 'given_back' : 'rescued', then: to === 'queued' || to === 'cancelled' ? to : 'dead_letter' })
    },
    reapedAtStart: processes => survivors.inc({ when: 'at_start' }, processes),
  }
}
