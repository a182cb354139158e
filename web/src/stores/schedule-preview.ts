import type { Ref } from 'vue'
import type { ScheduleDraft } from './schedules.ts'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'

const PAUSE_MS = 250

/** When a schedule that is being written would come next, a moment after the last key; what is wrong with it is the server's to say. */
export function useSchedulePreview(spec: Readonly<Ref<Pick<ScheduleDraft, 'spec' | 'timezone'> | null>>) {
  const { schedules } = useApi().trpc
  const ticks = shallowRef<string[]>([])
  const problem = ref<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest = 0

  async function ask(given: Pick<ScheduleDraft, 'spec' | 'timezone'>): Promise<void> {
    const mine = ++latest
    try {
      const { ticks: next } = await schedules.preview.query({ ...given.spec, timezone: given.timezone })
      if (mine !== latest)
        return
      ticks.value = next
      problem.value = null
    }
    catch (error) {
      if (mine !== latest)
        return
      ticks.value = []
      problem.value = explain(error)
    }
  }

  watch(spec, (given, before) => {
    if (JSON.stringify(given) === JSON.stringify(before))
      return
    clearTimeout(timer)
    latest++
    if (given)
      timer = setTimeout(() => void ask(given), PAUSE_MS)
    ticks.value = given ? ticks.value : []
    problem.value = null
  }, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    latest++
  })

  return { ticks, problem }
}
