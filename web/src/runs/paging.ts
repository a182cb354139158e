import type { Ref } from 'vue'
import type { RunFilters } from '../stores/run-list.ts'
import { computed, ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { filtersOf, queryOf } from './run-filters.ts'

/** The filters and the page, which live in the address; and the way back to newer pages, which this tab remembers. */
export function useRunsAddress() {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => filtersOf(route.query))
  const trail: Ref<(string | null)[]> = ref([])

  /** Any change of a filter goes back to the newest page. */
  function change(patch: Partial<RunFilters>): void {
    trail.value = []
    void router.replace({ query: queryOf({ ...filters.value, before: null, ...patch }) })
  }

  function goOlder(older: string): void {
    trail.value = [...trail.value, filters.value.before]
    void router.push({ query: queryOf({ ...filters.value, before: older }) })
  }

  /** To the page that we came from; to the newest when the address was opened as it is. */
  function goNewer(): void {
    const before = trail.value.at(-1) ?? null
    trail.value = trail.value.slice(0, -1)
    void router.push({ query: queryOf({ ...filters.value, before }) })
  }

  return { filters, change, goOlder, goNewer }
}
