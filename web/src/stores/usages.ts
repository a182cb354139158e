import { cpuPercent } from '@agentos/server/domain/process-tree'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useApi } from '../api/client.ts'

/** What a list shows of a run's processes. */
export interface UsageFigures { cpuPercent: number | null, memoryBytes: number }

const INTERVAL_MS = 2000

/** What the running runs use, asked for while somebody looks. The server answers from memory. */
export const useUsages = defineStore('usages', () => {
  const { trpc } = useApi()
  const figures = shallowRef<ReadonlyMap<string, UsageFigures>>(new Map())
  let isAsking = false

  async function load(): Promise<void> {
    if (isAsking || document.hidden)
      return
    isAsking = true
    try {
      const all = await trpc.runs.usages.query({ withTree: false })
      figures.value = new Map(all.map(({ run, usage, before }) => [run, { cpuPercent: cpuPercent(usage, before), memoryBytes: usage.memoryBytes }]))
    }
    catch {
      // What is not known is not shown; that the server does not answer is the shell's to say.
      figures.value = new Map()
    }
    finally {
      isAsking = false
    }
  }

  /** Keeps it fresh until the returned function is called; `isNeeded` says whether there is anything to ask for. */
  function follow(isNeeded: () => boolean): () => void {
    const ask = () => {
      if (isNeeded())
        void load()
    }
    const timer = setInterval(ask, INTERVAL_MS)
    ask()
    return () => clearInterval(timer)
  }

  return { figures, follow }
})
