import type { RunStatus } from '@agentos/server/domain/run'
import type { RunPage } from '@agentos/server/domain/views/run'
import type { Ref } from 'vue'
import { computed, onScopeDispose, watch as watchValue } from 'vue'
import { useApi } from '../api/client.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

export interface RunFilters {
  statuses: RunStatus[]
  agent: string | null
  search: string
  sinceMs: number | null
  /** Only those that were given up. */
  deadLetter: boolean
  /** Only conversations; the search looks into what was said, too. */
  chats?: boolean
  /** The cursor of an older page; null on the newest. */
  before: string | null
}

export const PAGE_SIZE = 50

/** One page of runs, kept live: known runs change in place, new ones come in on the newest page. Lives as long as its component. */
export function useRunList(filters: Ref<RunFilters>, limit = PAGE_SIZE) {
  const api = useApi()
  const watch = useWatch()
  const { data, problem, busy, load } = createLoadable<RunPage>(() => api.trpc.runs.list.query(queryOf(filters.value, limit)))
  const reload = createThrottle(() => void load(), 1000)

  const stopUpdates = watch.onUpdate((update, snapshot) => {
    const page = data.value
    if (!page)
      return
    const known = new Set(page.runs.map(run => run.id))
    const changed = new Map(update.runs.map(run => [run.id, run]))
    const removed = new Set(update.removed)
    if (update.runs.some(run => known.has(run.id)) || update.removed.some(id => known.has(id)))
      data.value = { ...page, runs: page.runs.filter(run => !removed.has(run.id)).map(run => changed.get(run.id) ?? run) }
    if (snapshot || (filters.value.before === null && update.runs.some(run => !known.has(run.id))))
      reload.call()
  })

  watchValue(filters, () => void load(), { immediate: true })
  onScopeDispose(() => {
    stopUpdates()
    reload.stop()
  })

  const runs = computed(() => data.value?.runs ?? null)
  const older = computed(() => data.value?.older ?? null)

  return { runs, older, problem, busy, load }
}

function queryOf(filters: RunFilters, limit: number) {
  return {
    limit,
    ...(filters.statuses.length > 0 && { statuses: filters.statuses }),
    ...(filters.agent && { agent: filters.agent }),
    ...(filters.search && { search: filters.search }),
    ...(filters.sinceMs && { sinceMs: filters.sinceMs }),
    ...(filters.deadLetter && { deadLetter: true }),
    ...(filters.chats && { chats: true }),
    ...(filters.before && { before: filters.before }),
  }
}
