import type { RunView } from '../domain/views/run.ts'
import type { AgentRow } from '../store/agents.ts'
import type { RunRef } from '../store/run-append.ts'

/** Where a worker's runs come from. */
export interface Queue {
  /**
   * Looks after runs that lost their worker, then claims. `handle` gets each run, writes its end itself, and resolves when its slot is
   * free again. Idempotent.
   */
  start: (handle: (claimed: ClaimedRun) => Promise<void>) => void
  /** Claims no more; resolves when what runs has ended, or after `drainMs`. Idempotent. */
  stop: (options?: { drainMs?: number }) => Promise<void>
  /** Claims no more, for good; what runs goes on. */
  drain: () => void
  /** The actor of what it claims. */
  readonly worker: string
  readonly slots: number
  readonly busy: number
}

export interface ClaimedRun {
  run: RunView
  ref: RunRef
  /** The agent at the version that the run was submitted with. */
  agent: AgentRow
  /** Aborted when the run is no longer ours: whatever it still does must stop, and nothing of it is written. */
  lostLease: AbortSignal
}
