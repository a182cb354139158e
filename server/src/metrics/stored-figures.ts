import type { RunCounts } from '../domain/views/run.ts'
import type { Instruments } from './instruments.ts'
import { RUN_STATUSES } from '../domain/run.ts'

/** What only the database knows; asked once at each scrape. */
export interface StoredFigures {
  counts: RunCounts
  /** Queued runs that may be claimed now, and those whose time has not come. */
  due: number
  delayed: number
  /** Since the oldest of those that are due has been; 0 when none is. */
  oldestDueMs: number
  openApprovals: number
  oldestApprovalMs: number
  workers: { up: number, draining: number, lost: number }
  /** Of all servers of the database, in milliseconds since 1970; null: never. */
  lastBackupAt: number | null
}

/** The gauges of a server: every server of a database says the same, so they are never summed. */
export function createStoredGauges({ gauge }: Instruments): { set: (figures: StoredFigures) => void, forget: () => void } {
  // The prototype's five. Its "agent" was one run of one.
  const total = gauge('agentos_agents_total', 'Runs that are stored')
  const running = gauge('agentos_agents_running', 'Runs that are running')
  const completed = gauge('agentos_agents_completed', 'Runs that succeeded')
  const failed = gauge('agentos_agents_failed', 'Runs that failed')
  const stopped = gauge('agentos_agents_stopped', 'Runs that were cancelled')

  const runs = gauge('agentos_runs', 'Runs that are stored, by status', ['status'])
  const depth = gauge('agentos_queue_depth', 'Queued runs: due may be claimed now, delayed wait for their time', ['state'])
  const oldestWait = gauge('agentos_queue_oldest_wait_seconds', 'How long the oldest of the queued runs that are due has waited; 0 when none is due')
  const approvals = gauge('agentos_approvals_open', 'Questions that wait for a person')
  const oldestApproval = gauge('agentos_approvals_oldest_age_seconds', 'How long the oldest open question has waited; 0 when none is open')
  const workers = gauge('agentos_workers', 'Processes that run agents, by what the database knows of them', ['state'])
  const lastBackup = gauge('agentos_backup_last_success_timestamp_seconds', 'When the newest scheduled backup was whole, in seconds since 1970; 0: there has been none')
  const plain = [total, running, completed, failed, stopped, oldestWait, approvals, oldestApproval, lastBackup]
  const labelled = [runs, depth, workers]

  return {
    set({ counts, due, delayed, oldestDueMs, openApprovals, oldestApprovalMs, workers: states, lastBackupAt }) {
      total.set(RUN_STATUSES.reduce((sum, status) => sum + counts[status], 0))
      running.set(counts.running)
      completed.set(counts.succeeded)
      failed.set(counts.failed)
      stopped.set(counts.cancelled)
      for (const status of RUN_STATUSES)
        runs.set({ status }, counts[status])
      depth.set({ state: 'due' }, due)
      depth.set({ state: 'delayed' }, delayed)
      oldestWait.set(oldestDueMs / 1000)
      approvals.set(openApprovals)
      oldestApproval.set(oldestApprovalMs / 1000)
      lastBackup.set((lastBackupAt ?? 0) / 1000)
      for (const [state, count] of Object.entries(states))
        workers.set({ state }, count)
    },
    /** What the database does not say now is not said: an old figure would pass for a new one. */
    forget() {
      plain.forEach(one => one.remove())
      labelled.forEach(one => one.reset())
    },
  }
}
