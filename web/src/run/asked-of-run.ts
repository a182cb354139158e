import type { ApprovalView } from '@agentos/server/domain/views/approval'
import type { ComputedRef } from 'vue'
import { computed, onScopeDispose } from 'vue'
import { useApprovals } from '../stores/approvals.ts'
import { useRunContext } from './run-context.ts'

/** What somebody has to give the run leave for: one at a time, the first that was asked. */
export function useAskedOfRun(): ComputedRef<ApprovalView | null> {
  const { run } = useRunContext()
  const approvals = useApprovals()
  onScopeDispose(approvals.follow())
  return computed(() => approvals.pending?.findLast(one => one.runId === run.value?.id) ?? null)
}
