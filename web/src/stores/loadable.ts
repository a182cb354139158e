import type { Ref, ShallowRef } from 'vue'
import { ref, shallowRef } from 'vue'
import { explain } from '../api/explain.ts'

/** Something fetched. `data` stays while it is fetched again, so that a page never blinks. */
export interface Loadable<T> {
  data: ShallowRef<T | null>
  /** Why the last try failed, in a sentence; null when it did not. */
  problem: Ref<string | null>
  busy: Ref<boolean>
  /** Never rejects. Of two that overlap, the later one counts. */
  load: () => Promise<void>
}

export function createLoadable<T>(fetch: () => Promise<T>): Loadable<T> {
  const data = shallowRef<T | null>(null)
  const problem = ref<string | null>(null)
  const busy = ref(false)
  let latest = 0

  async function load(): Promise<void> {
    const mine = ++latest
    busy.value = true
    try {
      const fetched = await fetch()
      if (mine !== latest)
        return
      data.value = fetched
      problem.value = null
    }
    catch (error) {
      if (mine === latest)
        problem.value = explain(error)
    }
    finally {
      if (mine === latest)
        busy.value = false
    }
  }

  return { data, problem, busy, load }
}
