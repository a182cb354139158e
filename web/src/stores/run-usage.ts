import type { Ref, ShallowRef } from 'vue'
import type { UsageShown } from './usage-intake.ts'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { createUsageIntake } from './usage-intake.ts'

export interface OneUsage {
  /** null until the first sample; the last one stays after the end. */
  usage: ShallowRef<UsageShown | null>
  /** Why it cannot be followed. */
  problem: Ref<string | null>
}

/** What the processes of a run use, while `isLive`. `runId` as it stands in the address. */
export function useRunUsage(runId: string, isLive: Readonly<Ref<boolean>>): OneUsage {
  const { trpc } = useApi()
  const intake = createUsageIntake()
  const usage = shallowRef<UsageShown | null>(null)
  const problem = ref<string | null>(null)
  let stop = (): void => {}

  watch(isLive, (live) => {
    stop()
    stop = () => {}
    problem.value = null
    if (!live)
      return
    const subscription = trpc.runs.usage.subscribe({ runId }, {
      onData: sample => usage.value = intake.take(sample, Date.now()),
      onError: error => problem.value = explain(error),
    })
    stop = () => subscription.unsubscribe()
  }, { immediate: true })
  onScopeDispose(() => stop())

  return { usage, problem }
}
