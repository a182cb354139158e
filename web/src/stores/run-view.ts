import type { AgentDetail } from '@agentos/server/domain/views/agent'
import type { RunView } from '@agentos/server/domain/views/run'
import type { Ref, ShallowRef } from 'vue'
import { isFinal } from '@agentos/server/domain/run'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { useApi } from '../api/client.ts'
import { explain, isNotFound } from '../api/explain.ts'
import { useWatch } from './watch.ts'

export interface OneRun {
  run: ShallowRef<RunView | null>
  /** The agent as it is today; null until it is here, or when it is gone. */
  agent: ShallowRef<AgentDetail | null>
  problem: Ref<string | null>
  isUnknown: Ref<boolean>
  /** What a button of a person asked for and the server has not answered yet. */
  asking: Ref<'stop' | 'retry' | 'settle' | null>
  load: () => Promise<void>
  /** What another call answered about this run. */
  take: (next: RunView) => void
  stop: () => Promise<void>
  /** The id of the new run, or null when it was refused (`problem` says why). */
  retry: () => Promise<string | null>
  /** Says what became of an effect that the run waits for. Returns why it was refused, or null. */
  settle: (effect: string, as: 'done' | 'failed' | 'repeat', note: string | null) => Promise<string | null>
}

/** The header of one run, kept live by the watch while it runs. `idOrPrefix` as it stands in the address. */
export function useRunView(idOrPrefix: string): OneRun {
  const { trpc } = useApi()
  const run = shallowRef<RunView | null>(null)
  const agent = shallowRef<AgentDetail | null>(null)
  const problem = ref<string | null>(null)
  const isUnknown = ref(false)
  const asking = ref<'stop' | 'retry' | 'settle' | null>(null)

  async function load(): Promise<void> {
    try {
      take(await trpc.runs.get.query({ run: idOrPrefix }))
      problem.value = null
      isUnknown.value = false
    }
    catch (error) {
      isUnknown.value = isNotFound(error)
      problem.value = explain(error)
    }
  }

  function take(next: RunView): void {
    const agentIsNew = run.value?.agentId !== next.agentId
    // Two answers may overtake each other; a log only grows.
    if (run.value && (next.lastSeq < run.value.lastSeq || isFinal(run.value.status)))
      return
    run.value = next
    if (agentIsNew)
      void loadAgent(next.agentId)
  }

  /** Only adornments hang on it: without it the page lacks a description and a badge. */
  async function loadAgent(agentId: string): Promise<void> {
    agent.value = await trpc.agents.get.query({ agent: agentId }).catch(() => null)
  }

  async function ask<T>(what: 'stop' | 'retry', request: () => Promise<T>): Promise<T | null> {
    asking.value = what
    try {
      const answer = await request()
      problem.value = null
      return answer
    }
    catch (error) {
      problem.value = explain(error)
      return null
    }
    finally {
      asking.value = null
    }
  }

  onScopeDispose(useWatch().onUpdate((update, snapshot) => {
    const changed = update.runs.find(one => one.id === run.value?.id)
    if (changed)
      take(changed)
    else if (snapshot && run.value && !isFinal(run.value.status))
      void load()
  }))

  return {
    run,
    agent,
    problem,
    isUnknown,
    asking,
    load,
    take,
    async stop() {
      const stopped = await ask('stop', () => trpc.runs.stop.mutate({ run: run.value?.id ?? idOrPrefix }))
      if (stopped)
        take(stopped)
    },
    async settle(effect, as, note) {
      asking.value = 'settle'
      try {
        take(await trpc.runs.settle.mutate({ run: run.value?.id ?? idOrPrefix, effect, as, ...note !== null && { note } }))
        return null
      }
      catch (error) {
        return explain(error)
      }
      finally {
        asking.value = null
      }
    },
    async retry() {
      return (await ask('retry', () => trpc.runs.retry.mutate({ run: run.value?.id ?? idOrPrefix })))?.id ?? null
    },
  }
}
