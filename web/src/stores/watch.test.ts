import type { RunStatus } from '@agentos/server/domain/run'
import type { RunView, WatchUpdate } from '@agentos/server/domain/views/run'
import type { Api } from '../api/client.ts'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import { createApp } from 'vue'
import { apiKey } from '../api/client.ts'
import { useWatch } from './watch.ts'

interface Handlers { onStarted: () => void, onData: (update: WatchUpdate) => void }

let handlers: Handlers
let subscriptions = 0

beforeEach(() => {
  const app = createApp({})
  const watch = { subscribe: (_input: undefined, given: Handlers) => {
    handlers = given
    subscriptions += 1
    return { unsubscribe: () => subscriptions -= 1 }
  } }
  app.provide(apiKey, { trpc: { runs: { watch } } } as unknown as Api) // the part that the store calls
  const pinia = createPinia()
  app.use(pinia)
  setActivePinia(pinia)
  subscriptions = 0
})

function run(id: string, status: RunStatus, createdAt = '2026-11-23T15:00:00.000Z'): RunView {
  return { id, status, createdAt, startedAt: status === 'queued' ? null : createdAt } as RunView // the fields that the store reads
}

function update(over: Partial<WatchUpdate>): WatchUpdate {
  const counts = { queued: 0, running: 1, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 }
  return { counts, runs: [], removed: [], agentsChanged: false, schedulesChanged: false, approvalsChanged: false, ...over }
}

it('holds every live run, and lets go of those that end or are pruned', () => {
  const watch = useWatch()
  watch.start()
  handlers.onStarted()
  handlers.onData(update({ runs: [run('a', 'running'), run('b', 'queued'), run('c', 'queued')] }))
  handlers.onData(update({ runs: [run('a', 'succeeded')], removed: ['c'] }))
  expect([...watch.live.keys()]).toEqual(['b'])
  expect(watch.counts?.running).toBe(1)
})

it('forgets after a reconnection what the first update does not carry', () => {
  const watch = useWatch()
  const seen: boolean[] = []
  watch.onUpdate((_update, snapshot) => seen.push(snapshot))
  watch.start()
  handlers.onStarted()
  handlers.onData(update({ runs: [run('a', 'running')] }))
  handlers.onData(update({ runs: [run('b', 'running')] }))
  handlers.onStarted()
  handlers.onData(update({ runs: [run('b', 'running')] }))
  expect([...watch.live.keys()]).toEqual(['b'])
  expect(seen).toEqual([true, false, true])
})

it('shows what started last first, and what has waited longest first', () => {
  const watch = useWatch()
  watch.start()
  handlers.onData(update({ runs: [
    run('old', 'running', '2026-11-23T15:00:00.000Z'),
    run('new', 'running', '2026-11-23T15:01:00.000Z'),
    run('late', 'queued', '2026-11-23T15:03:00.000Z'),
    run('early', 'queued', '2026-11-23T15:02:00.000Z'),
  ] }))
  expect(watch.running.map(({ id }) => id)).toEqual(['new', 'old'])
  expect(watch.queued.map(({ id }) => id)).toEqual(['early', 'late'])
})

it('subscribes once, however often it is started, and again after a stop', () => {
  const watch = useWatch()
  watch.start()
  watch.start()
  expect(subscriptions).toBe(1)
  watch.stop()
  expect(subscriptions).toBe(0)
  watch.start()
  expect(subscriptions).toBe(1)
})
