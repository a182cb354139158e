import type { LimitKeepers } from '../limits.ts'
import type { EndReason, IsolationLevel, RunStatus } from '../run.ts'
import type { BudgetView } from './budget.ts'
import type { RunCounts } from './run.ts'

/** The installation, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

export interface SandboxStatus {
  /** The level a run gets when its manifest names none. */
  default: IsolationLevel
  /** Each level, whether a start-up probe proved it, by what, or what is missing and what to install. */
  levels: LevelStatus[]
}

export interface LevelStatus {
  level: IsolationLevel
  proven: boolean
  by: string | null
  /** null when it is there, or while it is still being looked for. */
  missing: string | null
  /** What keeps each limit at this level. */
  keepers: LimitKeepers
}

export interface Overview {
  version: string
  database: { dialect: 'sqlite' | 'postgresql', latencyMs: number }
  sandbox: SandboxStatus
  workers: { slots: number, busy: number, executors: number }
  counts: RunCounts
  oldestQueuedAt: string | null
  /** The last 48 ended runs, oldest first. */
  finished: { id: string, status: RunStatus }[]
  failuresLastDay: { reason: EndReason, count: number }[]
  endedLastDay: number
  /** What calls to models came to today, in UTC; `budget`: the organisation's of each day, with what stands against it. */
  spend: { usd: number, tokens: number, budget: BudgetView | null }
  models: { configured: string[], howTo: string | null }
  /** The next ticks of schedules, at most five. */
  nextTicks: { scheduleId: string, agentName: string, at: string, timezone: string }[]
}

/** A secret as everybody sees it: its value is never shown again. */
export interface SecretView {
  name: string
  createdAt: string
  createdBy: string
  updatedAt: string
  updatedBy: string
}

/** A server or worker. */
export interface WorkerView {
  id: string
  host: string
  pid: number
  role: 'all' | 'server' | 'worker'
  version: string
  slots: number
  busy: number
  isolation: IsolationLevel
  isolationBy: string | null
  startedAt: string
  heartbeatAt: string
  /** up: its heartbeat is fresh. draining: it takes no more runs. lost: its heartbeat is old. stopped: it said good-bye. */
  state: 'up' | 'draining' | 'lost' | 'stopped'
  /** What it runs now. */
  runs: { id: string, agentName: string, attempt: number, leaseUntil: string }[]
}

/** A provider of models, with no key in it. */
export interface ProviderView {
  /** As a manifest calls it. */
  name: string
  title: string
  /** A model of it. */
  example: string
  /** The variable that holds its key; null: it has none. */
  keyName: string | null
  hasKey: boolean
  /** Where it is called. */
  host: string
  /** Why it cannot be called and what to do; null when it can. */
  problem: string | null
}

/** What a small real call came to. */
export type ModelTestResult
  = | { ok: true, model: string, text: string, latencyMs: number, usage: { inputTokens: number, outputTokens: number }, costUsd: number | null }
    | { ok: false, kind: string, message: string, latencyMs: number }
