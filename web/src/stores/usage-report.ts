import type { BudgetView, UsageReport } from '@agentos/server/domain/views/budget'
import type { RouterInputs } from '@agentos/server/router'
import type { Range } from '../usage/range.ts'
import { onScopeDispose, watch } from 'vue'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { daysOf } from '../usage/range.ts'
import { usageCsv } from '../usage/usage-csv.ts'
import { createLoadable } from './loadable.ts'
import { createThrottle } from './throttle.ts'
import { useWatch } from './watch.ts'

export type BudgetToSet = RouterInputs['budgets']['set']

/** What was used and what may be, fetched again when runs change. Lives as long as its component. */
export function useUsageReport(range: () => Range) {
  const api = useApi()
  const days = () => daysOf(range(), Date.now())
  const report = createLoadable<UsageReport>(() => api.trpc.usage.report.query(days()))
  const budgets = createLoadable<BudgetView[]>(() => api.trpc.budgets.list.query())
  const refresh = createThrottle(() => void Promise.all([report.load(), budgets.load()]), 2000)
  const stopUpdates = useWatch().onUpdate(refresh.call)
  watch(range, () => void report.load())
  refresh.call()
  onScopeDispose(() => {
    stopUpdates()
    refresh.stop()
  })

  /** Returns why it was refused, or null. */
  async function change(act: () => Promise<unknown>): Promise<string | null> {
    try {
      await act()
      await budgets.load()
      return null
    }
    catch (error) {
      return explain(error)
    }
  }

  return {
    report,
    budgets,
    set: (budget: BudgetToSet) => change(() => api.trpc.budgets.set.mutate(budget)),
    remove: (budget: string) => change(() => api.trpc.budgets.remove.mutate({ budget })),
    csv: async () => usageCsv(await api.trpc.usage.rows.query(days())),
  }
}
