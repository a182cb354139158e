import type { Overview } from '@agentos/server/domain/views/system'
import { defineStore } from 'pinia'
import { useApi } from '../api/client.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

const HEALTH_INTERVAL_MS = 15_000

/** Health and figures. Fetched again when runs change, and now and then while somebody looks. */
export const useOverview = defineStore('overview', () => {
  const api = useApi()
  const watch = useWatch()
  const { data, problem, busy, load } = createLoadable<Overview>(() => api.trpc.system.overview.query())

  /** Keeps it fresh until the returned function is called. */
  function follow(): () => void {
    const refresh = createThrottle(() => void load(), 2000)
    const stopUpdates = watch.onUpdate(refresh.call)
    const timer = setInterval(refresh.call, HEALTH_INTERVAL_MS)
    refresh.call()
    return () => {
      stopUpdates()
      clearInterval(timer)
      refresh.stop()
    }
  }

  return { data, problem, busy, load, follow }
})
