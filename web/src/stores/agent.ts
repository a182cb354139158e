import type { AgentDetail } from '@agentos/server/domain/views/agent'
import type { Ref } from 'vue'
import { isFinal } from '@agentos/server/domain/run'
import { onScopeDispose, ref, watch as watchValue } from 'vue'
import { useApi } from '../api/client.ts'
import { isNotFound } from '../api/explain.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

/** One agent, whole; fetched again when agents change and when one of its runs ends. Lives as long as its component. */
export function useAgent(name: Ref<string>) {
  const api = useApi()
  const isMissing = ref(false)
  const { data, problem, busy, load } = createLoadable<AgentDetail>(async () => {
    try {
      const found = await api.trpc.agents.get.query({ agent: name.value })
      isMissing.value = false
      return found
    }
    catch (error) {
      isMissing.value = isNotFound(error)
      throw error
    }
  })
  const reload = createThrottle(() => void load(), 2000)

  const stopUpdates = useWatch().onUpdate((update, snapshot) => {
    if (data.value && (snapshot || update.agentsChanged || update.runs.some(run => run.agentId === data.value?.id && isFinal(run.status))))
      reload.call()
  })

  watchValue(name, () => {
    data.value = null
    void load()
  }, { immediate: true })
  onScopeDispose(() => {
    stopUpdates()
    reload.stop()
  })

  return { agent: data, problem, busy, load, isMissing }
}
