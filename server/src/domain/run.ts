/**
 * Glossary. One word per concept, from the page to the table.
 *
 * agent        what a manifest describes; it has versions
 * manifest     the YAML file that says what an agent is
 * run          one task given to one agent version; an append-only log of events
 * attempt      one try of a run by one worker; a run may need several
 * worker       claims runs, owns keys, money, policy and the log
 * executor     a process with no authority that hosts the loops of many runs
 * claim        (verb) a worker takes a queued run: status `running`, fence + 1, a lease
 * lease        until when a worker may believe that a claimed run is its own, by the database's clock
 * fence        a number that grows with each claim; a write with an older fence is refused
 * heartbeat    what extends a lease
 * rescue       taking a run away from a worker whose lease has run out
 * park         a run that waits for a person gives back its process and slot
 * settle       a person or a policy says what became of an effect whose outcome is unknown
 * effect       something a run does that the log cannot take back: a command, a request
 * event        one line of a run's log, `noun.past`
 * seq          the place of an event in its run's log, dense from 1
 * cursor       the seq after which a reader wants to go on
 * follow       to read a log from a cursor and then live
 * schedule     when an agent is run by itself
 * tick         one moment of a schedule
 * receipt      what shows afterwards what a run did
 */

/** Where a run stands. Each sentence says who moves a run out of the state. */
export const RUN_STATUSES = [
  /** Submitted, retried or rescued. A worker claims it once `availableAt` has come; a person may cancel it. */
  'queued',
  /** Claimed by a worker that holds its lease. The worker ends it, retries it or parks it; a rescue queues it again. */
  'running',
  /** Parked until a person decides. A decision or a message queues it; cancel, expiry and the end of a conversation end it. No process, no slot is held. */
  'waiting',
  /** Final. It did what its manifest says that it must. */
  'succeeded',
  /** Final. `reason` says why. */
  'failed',
  /** Final. A person or a program stopped it. */
  'cancelled',
] as const

export type RunStatus = (typeof RUN_STATUSES)[number]

const TRANSITIONS: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['running', 'cancelled'],
  running: ['queued', 'waiting', 'succeeded', 'failed', 'cancelled'],
  waiting: ['queued', 'cancelled', 'failed', 'succeeded'],
  succeeded: [],
  failed: [],
  cancelled: [],
}

export function canMove(from: RunStatus, to: RunStatus): boolean {
  return TRANSITIONS[from].includes(to)
}

export function isFinal(status: RunStatus): boolean {
  return TRANSITIONS[status].length === 0
}

export type FinalStatus = 'succeeded' | 'failed' | 'cancelled'

interface EndMeaning {
  status: FinalStatus
  /** What `agentos run` exits with. */
  exitCode: number
  /** One sentence for a person. */
  means: string
}

/** Why a run ended: closed, and the first reason wins. */
export const END_REASONS = {
  completed: { status: 'succeeded', exitCode: 0, means: 'did what was asked' },
  error: { status: 'failed', exitCode: 1, means: 'a step failed and was not handled' },
  timeout: { status: 'failed', exitCode: 124, means: 'over its time limit' },
  cancelled: { status: 'cancelled', exitCode: 1, means: 'stopped on request' },
  budget_exhausted: { status: 'failed', exitCode: 1, means: 'reached a money or token limit' },
  step_limit: { status: 'failed', exitCode: 1, means: 'reached its limit of steps' },
  output_limit: { status: 'failed', exitCode: 1, means: 'wrote more output than it may' },
  memory_limit: { status: 'failed', exitCode: 1, means: 'over its memory limit' },
  process_limit: { status: 'failed', exitCode: 1, means: 'over its limit of processes' },
  cpu_limit: { status: 'failed', exitCode: 1, means: 'over its limit of CPU time' },
  file_limit: { status: 'failed', exitCode: 1, means: 'over its limit of open files' },
  disk_limit: { status: 'failed', exitCode: 1, means: 'over its limit of disk space' },
  spawn_error: { status: 'failed', exitCode: 1, means: 'its process could not be started' },
  not_permitted: { status: 'failed', exitCode: 126, means: 'a command was not permitted' },
  not_found: { status: 'failed', exitCode: 127, means: 'a command was not found' },
  interrupted: { status: 'failed', exitCode: 1, means: 'its worker or executor was lost' },
  approval_expired: { status: 'failed', exitCode: 1, means: 'nobody answered in time' },
  refused: { status: 'failed', exitCode: 1, means: 'refused before it could start' },
} as const satisfies Record<string, EndMeaning>

export type EndReason = keyof typeof END_REASONS

export const END_REASON_NAMES = Object.keys(END_REASONS) as EndReason[]

/** Ctrl-C in the terminal that follows the run. */
export const EXIT_CODE_INTERRUPTED = 130

/**
 * What became of a request for approval.
 * - once: this action may be done, one time
 * - always: this action, and every same one of this agent
 * - deny: it may not; the agent is told so, and by whom
 * - expired: nobody said anything in time; the run ends `approval_expired`
 */
export const APPROVAL_DECISIONS = ['once', 'always', 'deny', 'expired'] as const
export type ApprovalDecision = (typeof APPROVAL_DECISIONS)[number]

/** How an effect whose outcome nobody knows may be settled. */
export const EFFECT_SETTLEMENTS = ['done', 'failed', 'repeat', 'told', 'interrupted'] as const
export type EffectSettlement = (typeof EFFECT_SETTLEMENTS)[number]

/** Attempts in a row that were lost with no newly recorded work: then the run is poison, and goes to the dead letter. */
export const MAX_LOSSES = 5

/** The prototype's words, accepted at the edges (`ps --status`, the API). */
export const STATUS_ALIASES: Record<string, RunStatus> = { completed: 'succeeded', stopped: 'cancelled' }

export function parseStatus(word: string): RunStatus | undefined {
  const today = STATUS_ALIASES[word] ?? word
  return RUN_STATUSES.find(status => status === today)
}

export const ISOLATION_LEVELS = ['none', 'process', 'sandbox', 'container'] as const
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number]
