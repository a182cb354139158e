import type { LimitKeepers } from './limits.ts'
import type { EndReason, IsolationLevel, RunStatus } from './run.ts'

/** The shapes that programs and the page read. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

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

/** A question that a run is parked for. */
export interface WaitingFor {
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

/** Something that is kept of a run beside its log. */
export interface ArtifactView {
  name: string
  /** The step that made it; null when it belongs to the whole run. */
  step: number | null
  mediaType: string
  sha256: string
  sizeBytes: number
  /** False when a cap cut it. */
  isWhole: boolean
  createdAt: string
  /** Of this server: `/artifacts/<run>/<name>`. */
  path: string
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
}

export interface AgentView {
  id: string
  name: string
  description: string
  runtime: 'script' | 'llm' | 'command' | 'acp'
  version: number
  /** Where the manifest was found; null when it was sent in. */
  path: string | null
  updatedAt: string
  isolation: IsolationLevel | 'default'
  network: 'none' | 'open' | string[]
  models: string[]
  /** When its manifest says that it runs by itself, in words. */
  schedule: string | null
  /** The newest runs, oldest first, at most 30. */
  recent: { id: string, status: RunStatus, durationMs: number | null }[]
  lastRun: RunView | null
  /** Why a run would be refused now (a key that does not act yet, no model); null when it may run. */
  refusal: string | null
}

export interface AgentInput {
  name: string
  type: 'string' | 'number' | 'boolean'
  description: string
  required: boolean
  default: string | number | boolean | null
}

export interface AgentDetail extends AgentView {
  source: string
  inputs: AgentInput[]
  /** True when the manifest takes a folder, so that the form offers one. */
  takesWorkspace: boolean
  /** The folder of a run that names none: absolute where the manifest's own folder is known, a template as it is written. */
  workspaceFrom: string | null
  versions: { version: number, createdAt: string, createdBy: string }[]
  notices: string[]
}

/** What is wrong with a manifest, for a person. Lines and columns count from 1. */
export interface ManifestProblem {
  file: string
  line: number
  column: number
  /** Dotted path of the key: `limits.time`. */
  key: string
  expected: string
  received: string
  /** What to do, when there is more to say than that. */
  hint: string | null
}

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
