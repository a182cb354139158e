import type { RunEvent } from '@agentos/server/domain/event'
import type { Ref, ShallowRef } from 'vue'
import type { Timeline } from '../run/timeline.ts'
import { computed, onScopeDispose, ref } from 'vue'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { createEventIntake } from './event-intake.ts'

/** `ended`: the log has its last event. `failed`: the server refused; it does not go on by itself. */
export type FollowState = 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed'

export interface RunEvents {
  events: ShallowRef<RunEvent[]>
  timeline: ShallowRef<Timeline>
  state: Ref<FollowState>
  problem: Ref<string | null>
  /** The log is known to reach this far. */
  expect: (lastSeq: number) => void
  /** Goes on after the last event that is here. */
  retry: () => void
}

/**
 * Follows one run's log from its first event for as long as the component lives. When the socket is lost the subscription
 * goes on after the last batch by itself; what comes twice is passed over by seq.
 */
export function useRunEvents(runId: string): RunEvents {
  const api = useApi()
  const intake = createEventIntake()
  const link = ref<'connecting' | 'live' | 'reconnecting' | 'failed'>('connecting')
  const problem = ref<string | null>(null)
  let unsubscribe: (() => void) | null = null

  function start(): void {
    link.value = 'connecting'
    problem.value = null
    const subscription = api.trpc.events.follow.subscribe({ runId, after: intake.events.value.at(-1)?.seq ?? 0 }, {
      onStarted: () => link.value = 'live',
      onData: batch => intake.push(batch.data as RunEvent[]), // over JSON `unknown` became optional; the rest is the same type
      onConnectionStateChange: (change) => {
        if (change.state === 'connecting')
          link.value = change.error || link.value === 'live' ? 'reconnecting' : 'connecting'
        else if (change.state === 'pending')
          link.value = 'live'
      },
      onError: (error) => {
        problem.value = explain(error)
        link.value = 'failed'
      },
    })
    unsubscribe = () => subscription.unsubscribe()
  }

  function stop(): void {
    unsubscribe?.()
    unsubscribe = null
  }

  start()
  onScopeDispose(() => {
    stop()
    intake.stop()
  })

  return {
    events: intake.events,
    timeline: intake.timeline,
    state: computed(() => intake.timeline.value.end ? 'ended' : link.value),
    problem,
    expect: intake.expect,
    retry() {
      stop()
      start()
    },
  }
}
