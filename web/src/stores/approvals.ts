import type { ApprovalRuleView, ApprovalView } from '@agentos/server/domain/views/approval'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

export type Word = 'once' | 'always' | 'deny'

const MOST = 200

/** What people are asked, what they have said, and what is done without asking. Fetched again when any of it changes. */
export const useApprovals = defineStore('approvals', () => {
  const { approvals } = useApi().trpc
  const watch = useWatch()
  const pending = createLoadable(() => approvals.list.query({ state: 'pending', limit: MOST }))
  const decided = createLoadable(() => approvals.list.query({ state: 'decided', limit: 30 }))
  const rules = createLoadable<ApprovalRuleView[]>(() => approvals.rules.query())
  const deciding = ref<string | null>(null)
  let readers = 0
  let historyReaders = 0
  let stopReading = (): void => {}

  function load(): void {
    void pending.load()
    if (historyReaders > 0) {
      void decided.load()
      void rules.load()
    }
  }

  /** Keeps it fresh until the returned function is called; `withHistory`: also what has been said. */
  function follow({ withHistory = false } = {}): () => void {
    historyReaders += withHistory ? 1 : 0
    if (readers++ === 0) {
      const refresh = createThrottle(load, 500)
      const stopUpdates = watch.onUpdate((update, snapshot) => {
        // A run that has ended withdraws its question.
        if (snapshot || update.approvalsChanged || update.runs.some(run => pending.data.value?.approvals.some(one => one.runId === run.id)))
          refresh.call()
      })
      stopReading = () => {
        stopUpdates()
        refresh.stop()
      }
    }
    load()
    return () => {
      historyReaders -= withHistory ? 1 : 0
      if (--readers === 0)
        stopReading()
    }
  }

  /** Why it was refused, or null. */
  async function decide({ id, digest }: ApprovalView, as: Word, note: string | null): Promise<string | null> {
    deciding.value = id
    try {
      await approvals.decide.mutate({ approval: id, digest, as, ...note !== null && { note } })
      return null
    }
    catch (error) {
      return explain(error)
    }
    finally {
      deciding.value = null
      load()
    }
  }

  async function removeRule(id: string): Promise<string | null> {
    try {
      await approvals.removeRule.mutate({ rule: id })
      return null
    }
    catch (error) {
      return explain(error)
    }
    finally {
      load()
    }
  }

  return {
    pending: computed(() => pending.data.value?.approvals ?? null),
    decided: computed(() => decided.data.value?.approvals ?? null),
    rules: rules.data,
    problem: pending.problem,
    busy: pending.busy,
    deciding,
    load,
    follow,
    decide,
    removeRule,
  }
})
