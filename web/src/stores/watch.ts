import type { RunCounts, RunView, WatchUpdate } from '@agentos/server/domain/views/run'
import { isFinal } from '@agentos/server/domain/run'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useApi } from '../api/client.ts'

/** `snapshot`: it carries everything that is live, and what it does not carry is no longer so. */
export type WatchListener = (update: WatchUpdate, snapshot: boolean) => void

/** Every run that has not ended, and the counts, live. */
export const useWatch = defineStore('watch', () => {
  const api = useApi()
  const counts = ref<RunCounts | null>(null)
  const live = shallowRef<ReadonlyMap<string, RunView>>(new Map())
  const listeners = new Set<WatchListener>()
  let stopSubscription: (() => void) | null = null
  // The first update after each (re)connection is a snapshot.
  let snapshotDue = true

  function start(): void {
    if (stopSubscription)
      return
    const subscription = api.trpc.runs.watch.subscribe(undefined, {
      onStarted: () => snapshotDue = true,
      onData: receive,
      // The socket itself reconnects for ever; an error here is the server refusing the subscription.
      onError: () => stop(),
      onStopped: () => stopSubscription = null,
    })
    stopSubscription = () => subscription.unsubscribe()
  }

  function stop(): void {
    stopSubscription?.()
    stopSubscription = null
    snapshotDue = true
  }

  function receive(update: WatchUpdate): void {
    const snapshot = snapshotDue
    snapshotDue = false
    counts.value = update.counts
    live.value = withUpdate(snapshot ? new Map() : live.value, update)
    listeners.forEach(listener => listener(update, snapshot))
  }

  /** Calls back with every update; returns how to stop. */
  function onUpdate(listener: WatchListener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  const running = computed(() => [...live.value.values()].filter(run => run.status === 'running').sort(byStart))
  const queued = computed(() => [...live.value.values()].filter(run => run.status === 'queued').sort(byAge))

  return { counts, live, running, queued, start, stop, receive, onUpdate }
})

function withUpdate(before: ReadonlyMap<string, RunView>, update: WatchUpdate): Map<string, RunView> {
  const after = new Map(before)
  for (const run of update.runs) {
    if (isFinal(run.status))
      after.delete(run.id)
    else
      after.set(run.id, run)
  }
  update.removed.forEach(id => after.delete(id))
  return after
}

function byAge(one: RunView, other: RunView): number {
  return one.createdAt.localeCompare(other.createdAt)
}

function byStart(one: RunView, other: RunView): number {
  return (other.startedAt ?? other.createdAt).localeCompare(one.startedAt ?? one.createdAt)
}
