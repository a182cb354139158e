import type { WorkerView } from '@agentos/server/domain/views/system'
import { onScopeDispose } from 'vue'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

const INTERVAL_MS = 5000

/** The servers and workers, fetched again when runs change and every few seconds: a heartbeat ages. Lives as long as its component. */
export function useWorkers() {
  const api = useApi()
  const { data, problem, busy, load } = createLoadable<WorkerView[]>(() => api.trpc.system.workers.query())
  const refresh = createThrottle(() => void load(), 1000)
  const stopUpdates = useWatch().onUpdate(refresh.call)
  const timer = setInterval(() => document.hidden || refresh.call(), INTERVAL_MS)
  refresh.call()
  onScopeDispose(() => {
    stopUpdates()
    clearInterval(timer)
    refresh.stop()
  })
  /** It takes no more runs from its next heartbeat on. Returns why it was refused, or null. */
  async function drain(worker: string): Promise<string | null> {
    try {
      await api.trpc.system.drainWorker.mutate({ worker })
      await load()
      return null
    }
    catch (error) {
      return explain(error)
    }
  }

  return { workers: data, problem, busy, load, drain }
}
