import type { EndReason, IsolationLevel, RunStatus } from '../run.ts'

/** Runs, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

export interface RunView {
  id: string
  agentId: string
  agentName: string
  agentVersion: number
  /** What was asked; may be empty for a scripted agent. */
  task: string
  inputs: Record<string, string | number | boolean>
  status: RunStatus
  /** Set once the run has ended. */
  reason: EndReason | null
  /** One sentence beside the reason: the step that failed, the limit that was reached. */
  detail: string | null
  /** What it does now (the step's name), while it is running. */
  now: string | null
  /** Why it is not running yet, while it is queued. */
  queuedBecause: QueuedBecause | null
  /** What a person has to say, while it is waiting. */
  waitingFor: WaitingFor | null
  attempt: number
  maxAttempts: number
  /** Attempts that count against `maxAttempts`: those that ended in a failure, not those that lost their worker. */
  failures: number
  /** When it was given up after too many losses in a row; null else. */
  deadLetteredAt: string | null
  /** Retention leaves it alone since then; null when it does not. */
  heldAt: string | null
  /** The machine that holds its workspace; null when nothing is kept of one. */
  host: string | null
  /** The worker that has it or had it last. */
  worker: string | null
  /** The schedule that submitted it. */
  scheduleId: string | null
  /** A conversation: it waits for the next message after each answer, until somebody ends it. */
  isChat: boolean
  priority: number
  isolation: IsolationLevel | null
  /** How the level is had: 'bubblewrap', 'util-linux', ... */
  isolationBy: string | null
  steps: number
  outputBytes: number
  tokens: number
  costUsd: number | null
  /** The seq of the last event in the log. */
  lastSeq: number
  createdBy: string
  createdAt: string
  availableAt: string
  /** When the first attempt started. */
  startedAt: string | null
  endedAt: string | null
  cancelRequestedAt: string | null
  limits: RunLimits
  /** The folder that the workspace came from, when there was one. */
  workspaceFrom: string | null
  /** Manifest keys that are kept but do not act yet, in a sentence each. */
  notices: string[]
}

/**
 * - slots: every worker is busy, or none is up
 * - concurrency: as many runs of its agent, its person or its key are running as may
 * - rate: its agent has started as many as it may in this time
 * - host: it goes on where its workspace is, and that machine is not there or has no slot
 * - later: its time has not come (a delay, a wait before the next attempt)
 */
export type QueuedBecause = 'slots' | 'concurrency' | 'rate' | 'host' | 'later'

/** What a run is parked for. */
export type WaitingFor = WaitingForSettlement | WaitingForApproval | WaitingForMessage

/** The next message of a conversation. */
export interface WaitingForMessage { kind: 'message' }

/** What became of an effect whose worker was lost. */
export interface WaitingForSettlement {
  kind: 'settlement'
  /** Names the effect within the run. */
  effect: string
  step: number
  /** Of a model's tool call. */
  call: string | null
  /** Of a command of the manifest. */
  place: number | null
  /** The step or the tool. */
  name: string
  command: string
  /** When it was begun. */
  startedAt: string
}

/** A person has to say whether it may be done. */
export interface WaitingForApproval {
  kind: 'approval'
  approval: string
  step: number
  /** Of a model's tool call. */
  call: string | null
  tool: string
  title: string
  digest: string
  rule: string
  expiresAt: string
}

export interface RunLimits {
  timeMs: number
  steps: number
  memoryBytes: number
  outputBytes: number
  diskBytes: number
  processes: number
  files: number
  cpu: number
  cpuTimeMs: number | null
  tokens: number | null
  costUsd: number | null
}

/** What the processes of a running run use at one moment. Measured about once a second, never stored. */
export interface RunUsage {
  at: string
  /** Of all its processes so far, ended ones too. */
  cpuMs: number
  memoryBytes: number
  /** Processes and threads, as the kernel counts them. */
  processes: number
  /** Open files of the process that has most. */
  files: number
  /** What its workspace, HOME and temporary folder hold; null while that has not been measured. */
  diskBytes: number | null
  /** Parents before their children; at most 200. */
  tree: ProcessView[]
  /** How many of the tree were left out. */
  omitted: number
}

export interface ProcessView {
  pid: number
  /** 0 for the first process of the run. */
  parent: number
  /** Its command line, cut at 300 characters: the agent's own words, to be shown as text alone. */
  command: string
  cpuMs: number
  memoryBytes: number
  startedAt: string
}

/** One page of runs, newest first. */
export interface RunPage {
  runs: RunView[]
  /** Give it back as `before` for the next, older page; null on the last. */
  older: string | null
}

export type RunCounts = Record<RunStatus, number>

/** One coalesced change of what lists and counters show (`runs.watch`). The first one carries everything that is live. */
export interface WatchUpdate {
  counts: RunCounts
  /** Runs that changed since the last update. */
  runs: RunView[]
  /** Ids that are gone (pruned). */
  removed: string[]
  /** True when agents were added or changed: fetch `agents.list` again. */
  agentsChanged: boolean
  /** True when schedules were made or changed, or one came: fetch `schedules.list` again. */
  schedulesChanged: boolean
  /** True when something was asked or decided: fetch `approvals.list` again. */
  approvalsChanged: boolean
}
