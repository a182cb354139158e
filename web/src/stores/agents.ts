import type { AgentView } from '@agentos/server/domain/views/agent'
import { isFinal } from '@agentos/server/domain/run'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useApi } from '../api/client.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

/** The agents, by name, with what their last runs came to. */
export const useAgents = defineStore('agents', () => {
  const api = useApi()
  const { data, problem, busy, load } = createLoadable<AgentView[]>(() => api.trpc.agents.list.query())
  const list = computed(() => data.value && [...data.value].sort((one, other) => one.name.localeCompare(other.name)))
  const refresh = createThrottle(() => void load(), 3000)

  useWatch().onUpdate((update, snapshot) => {
    if (data.value && (snapshot || update.agentsChanged || update.runs.some(run => isFinal(run.status))))
      refresh.call()
  })

  /** Fetches unless it is there already. */
  async function ensure(): Promise<void> {
    if (!data.value && !busy.value)
      await load()
  }

  return { list, problem, busy, load, ensure }
})
