import type { Unit } from '@agentos/server/domain/budget'
import type { RunEvent } from '@agentos/server/domain/event'
import type { LimitName } from '@agentos/server/domain/limits'
import type { EffectSettlement, EndReason, FinalStatus } from '@agentos/server/domain/run'
import type { Output } from './output.ts'

/**
 * What a run's log says, as the page shows it: attempts, their steps, the tool calls of a step. A plain mutable structure
 * that appendEvents grows; a view is told by the versions what it has to draw again.
 */
export interface Timeline {
  /** The seq of the last event that was folded in; 0 before the first. */
  lastSeq: number
  /** Grows with each event. */
  version: number
  /** Grows when a row was added. */
  structure: number
  submitted: Extract<RunEvent, { type: 'run.submitted' }>['data'] | null
  submittedAt: number | null
  cancelRequested: { by: string, at: number } | null
  sandbox: Extract<RunEvent, { type: 'sandbox.opened' }>['data'] | null
  workspace: Extract<RunEvent, { type: 'workspace.prepared' }>['data'] | null
  attempts: Attempt[]
  steps: Step[]
  /** Attempts, markers, steps, tries and tool calls in the order in which they are read. */
  rows: Row[]
  /** Whatever writes to a terminal, in the order in which it began. */
  sections: OutputSection[]
  tokens: { input: number, output: number, cached: number }
  /** null as long as no call of a model had a known price. */
  costUsd: number | null
  outputBytes: number
  /** What it met beside its steps, in the order in which it happened. */
  notes: PlacedNote[]
  network: NetworkUse
  /** What was begun and nobody knows how it ended, in the order in which that was found. */
  effects: Effect[]
  end: RunEnd | null
  stepsByNumber: Map<number, Step>
  callsById: Map<string, ToolCall>
  effectsById: Map<string, Effect>
  /** The note about a `host:port` that was refused. */
  deniedNotes: Map<string, { count: number }>
}

export interface RunEnd {
  status: FinalStatus
  reason: EndReason
  detail: string
  survivors: number
  durationMs: number
  at: number
}

export interface Attempt {
  number: number
  worker: string
  startedAt: number
  endedAt: number | null
  /** `parked`: it gave back its process and slot, and a person has to say something. */
  state: 'running' | 'ended' | 'lost' | 'parked'
  reason: EndReason | null
  detail: string
}

/**
 * `lost`: its worker went away; `unknown`: so did what it came to, and it cannot simply be done again; `stopped`: the run or
 * the attempt ended before it did.
 */
export type StepStatus = 'running' | 'succeeded' | 'failed' | 'skipped' | 'denied' | 'lost' | 'unknown' | 'stopped'

export type CommandEnd = NonNullable<Extract<RunEvent, { type: 'step.finished' }>['data']['end']>

export interface Step {
  kind: 'command' | 'model'
  number: number
  name: string
  /** Where it was last at work: one that was lost may go on in the next attempt. */
  attempt: number
  command: string | null
  timeoutMs: number | null
  status: StepStatus
  detail: string | null
  /** It failed and the manifest lets the run go on. */
  continued: boolean
  startedAt: number
  endedAt: number | null
  durationMs: number | null
  end: CommandEnd | null
  try: number
  output: Output
  cutBytes: number
  turn: ModelTurn | null
  calls: ToolCall[]
  effect: Effect | null
  /** Grows with each event of this step. */
  version: number
}

export interface ModelTurn {
  model: string
  messages: number
  tools: string[]
  text: string
  reasoning: string
  requestedAt: number
  firstTextAt: number | null
  respondedAt: number | null
  finish: string | null
  usage: { inputTokens: number, outputTokens: number, cachedTokens?: number | undefined } | null
  costUsd: number | null
  durationMs: number | null
  error: string | null
  /** How often the model was asked in this step. */
  requests: number
}

export interface ToolCall {
  id: string
  tool: string
  input: unknown
  /** What it does as a command, once it has started. */
  command: string | null
  status: StepStatus
  startedAt: number
  endedAt: number | null
  durationMs: number | null
  end: CommandEnd | null
  result: string | null
  output: Output
  effect: Effect | null
  version: number
}

/** One try of a step that failed and was made again. */
export interface Try {
  number: number
  status: StepStatus
  detail: string | null
  startedAt: number
  endedAt: number
  end: CommandEnd | null
}

/** Something that was begun, and whose outcome is not in the log. */
export interface Effect {
  id: string
  step: number
  /** Of a model's tool call. */
  call: string | null
  name: string
  command: string
  startedAt: number | null
  unknownAt: number
  settled: { as: EffectSettlement, by: string, note: string, at: number } | null
}

/** Between two attempts: why the first is over, and how long it took until the next. */
export interface Marker {
  /** `message`: a conversation that waited for the next one. */
  cause: 'lost' | 'retry' | 'parked' | 'message'
  attempt: number
  detail: string
  /** Steps of the attempt that had succeeded, and those that were open. */
  stepsDone: number
  stepsOpen: number
  fromAt: number
  /** When the next attempt may start, where that is known. */
  availableAt: number | null
  resumedAt: number | null
  /** A person has to say something before it goes on. */
  parked: boolean
  /** What the next attempt found of those before it; null until it has said so. */
  resumed: Resumed | null
}

export type Resumed = Extract<RunEvent, { type: 'run.resumed' }>['data'] & { attempt: number }

export type Row
  = | { kind: 'attempt', key: string, attempt: Attempt }
    | { kind: 'marker', key: string, marker: Marker }
    | { kind: 'step', key: string, step: Step }
    | { kind: 'try', key: string, step: Step, made: Try }
    | { kind: 'call', key: string, step: Step, call: ToolCall }

export type Artifact = Extract<RunEvent, { type: 'artifact.saved' }>['data']

export type Note
  = | { kind: 'approached' | 'reached', limit: LimitName, used: number, allowed: number }
    | { kind: 'budget', isReached: boolean, budget: string, unit: Unit, spent: number, held: number, allowed: number }
    /** `count`: how often it was tried. */
    | { kind: 'denied', host: string, port: number, reason: string, count: number }
    | { kind: 'artifact', artifact: Artifact }
    | { kind: 'lost', name: string, detail: string }
    | { kind: 'effect', effect: Effect }
    /** What a person said in a conversation. */
    | { kind: 'message', by: string, text: string }
    | AgentNote

/** What somebody else's agent says of its work. `version` grows when one changes in place. */
export type AgentNote
  = | { kind: 'words', of: 'text' | 'thought', text: string, version: number }
    | { kind: 'plan', entries: Extract<RunEvent, { type: 'agent.plan' }>['data']['entries'], version: number }
    | { kind: 'diff', path: string, old: string | null, new: string, version: number }

export interface PlacedNote {
  key: string
  at: number
  /** It stands before this row, behind those that were there. */
  row: number
  note: Note
}

export interface NetworkUse {
  /** Hosts, and how often each. */
  allowed: Map<string, number>
  denied: Map<string, number>
  connections: number
  refused: number
}

export interface OutputSection {
  key: string
  command: string
  step: Step
  call: ToolCall | null
  output: Output
}

export function createTimeline(): Timeline {
  return {
    lastSeq: 0,
    version: 0,
    structure: 0,
    submitted: null,
    submittedAt: null,
    cancelRequested: null,
    sandbox: null,
    workspace: null,
    attempts: [],
    steps: [],
    rows: [],
    sections: [],
    tokens: { input: 0, output: 0, cached: 0 },
    costUsd: null,
    outputBytes: 0,
    notes: [],
    network: { allowed: new Map(), denied: new Map(), connections: 0, refused: 0 },
    effects: [],
    end: null,
    stepsByNumber: new Map(),
    callsById: new Map(),
    effectsById: new Map(),
    deniedNotes: new Map(),
  }
}
