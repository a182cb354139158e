import type { RunView } from '@agentos/server/domain/views/run'
import type { Ref } from 'vue'
import { computed, ref, watch } from 'vue'

/** Which runs of the page are chosen. A run that leaves the page is no longer chosen. */
export function useSelection(runs: Ref<RunView[] | null>) {
  const ids = ref<ReadonlySet<string>>(new Set())
  const chosen = computed(() => (runs.value ?? []).filter(run => ids.value.has(run.id)))
  const all = computed<boolean | 'some'>(() => {
    if (chosen.value.length === 0)
      return false
    return chosen.value.length === runs.value?.length ? true : 'some'
  })

  watch(runs, (page) => {
    const here = new Set(page?.map(run => run.id))
    if ([...ids.value].some(id => !here.has(id)))
      ids.value = new Set([...ids.value].filter(id => here.has(id)))
  })

  function toggle(id: string): void {
    const next = new Set(ids.value)
    if (!next.delete(id))
      next.add(id)
    ids.value = next
  }

  function toggleAll(): void {
    ids.value = all.value === true ? new Set() : new Set(runs.value?.map(run => run.id))
  }

  function clear(): void {
    ids.value = new Set()
  }

  return { ids, chosen, all, toggle, toggleAll, clear }
}
