import type { RunStatus } from '../run.ts'

/** Schedules, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

/** When an agent is run by itself. */
export interface ScheduleView {
  id: string
  agentId: string
  agentName: string
  /** manifest: it comes and goes with the agent's manifest. person: somebody made it. */
  source: 'manifest' | 'person'
  /** Exactly one of the three. */
  cron: string | null
  everyMs: number | null
  onceAt: string | null
  timezone: string
  overlap: 'skip' | 'queue' | 'replace'
  catchUp: 'none' | 'last' | 'all'
  catchUpWindowMs: number
  task: string
  inputs: Record<string, string | number | boolean>
  pausedAt: string | null
  /** null when none will come, or while it is paused. */
  nextTickAt: string | null
  /** The next ones, at most five, as they stand now. */
  preview: string[]
  createdBy: string
  createdAt: string
  /** The last ticks, newest first, at most twenty. */
  ticks: TickView[]
}

export interface TickView {
  tickAt: string
  outcome: TickOutcome
  /** Why, where the outcome does not say it. */
  detail: string | null
  runId: string | null
  /** Of its run, while that is kept. */
  runStatus: RunStatus | null
}

/**
 * - submitted: it made a run
 * - waiting: its run is submitted when the one before it has ended (overlap: queue and replace, catchUp: all)
 * - skipped: the last run had not ended (overlap: skip), or it was missed and catchUp leaves it out
 * - refused: its run could not be submitted (`detail`)
 */
export type TickOutcome = 'submitted' | 'waiting' | 'skipped' | 'refused'
