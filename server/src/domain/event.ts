import { z } from 'zod'
import { continuation } from './continuation.ts'
import { LIMIT_KEEPERS, LIMIT_NAMES } from './limits.ts'
import { askedOf } from './request-log.ts'
import { APPROVAL_DECISIONS, EFFECT_SETTLEMENTS, END_REASON_NAMES, ISOLATION_LEVELS } from './run.ts'

/**
 * The closed union of what can stand in a run's log. Validated at the seam where an event enters the log.
 * A step is one unit of work of a run: a command of a script, one turn of a model. `step` counts from 1 within a run,
 * across attempts. A tool call belongs to the step of the model turn that asked for it.
 */

const step = z.int().min(1)
const stream = z.enum(['stdout', 'stderr'])
const ms = z.number().min(0)
const tokens = z.int().min(0)
/**
 * As the provider counted it. Input is all that was read, of which `cached` and `cacheWrite` are parts (`longCacheWrite`: that part of it
 * which is kept for an hour); output is all that was written, of which `reasoning` is one.
 */
const usage = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  cachedTokens: tokens.optional(),
  cacheWriteTokens: tokens.optional(),
  longCacheWriteTokens: tokens.optional(),
  reasoningTokens: tokens.optional(),
})
export type ModelUsage = z.infer<typeof usage>
const budget = { unit: z.enum(['usd', 'tokens']), spent: z.number(), held: z.number(), allowed: z.number() }

/** How a process ended, as a value. `exitCode` is null when a signal ended it. */
export const commandEnd = z.object({
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  durationMs: ms,
  /** Set when it did not end by itself. */
  ended: z.enum(['exited', 'timeout', 'cancelled', 'killed', 'lost', 'spawn_error']),
  /** The operating system's words when it could not be started. */
  error: z.string().optional(),
})
export type CommandEnd = z.infer<typeof commandEnd>

export const EVENT_DATA = {
  'run.submitted': z.object({
    agent: z.string(),
    version: z.int(),
    task: z.string(),
    inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    by: z.string(),
    retryOf: z.string().optional(),
    notices: z.array(z.string()),
  }),
  'run.retry_scheduled': z.object({ reason: z.enum(END_REASON_NAMES), detail: z.string(), delayMs: ms, availableAt: z.iso.datetime() }),
  /** It gave back its process and its slot, and waits for a person. */
  'run.parked': z.object({ for: z.enum(['settlement', 'approval', 'message']), detail: z.string(), approval: z.string().optional() }),
  /**
   * What a later attempt found of the earlier ones: `kept` finished steps are not done again, `repeated` were begun and are done
   * again, `unknown` were begun and nobody can say how they ended. `workspace`: as it stood, as it was stored by another machine, or made anew.
   */
  'run.resumed': z.object({ kept: z.int().min(0), repeated: z.int().min(0), unknown: z.int().min(0), workspace: z.enum(['kept', 'restored', 'new']), notice: z.string().optional() }),
  'run.cancel_requested': z.object({ by: z.string() }),
  'run.ended': z.object({
    status: z.enum(['succeeded', 'failed', 'cancelled']),
    reason: z.enum(END_REASON_NAMES),
    detail: z.string(),
    steps: z.int().min(0),
    outputBytes: z.int().min(0),
    tokens: z.int().min(0),
    costUsd: z.number().min(0).nullable(),
    durationMs: ms,
    /** Processes of the run that were still alive when it had ended and had to be killed; 0 is the promise. */
    survivors: z.int().min(0),
  }),
  'attempt.started': z.object({ worker: z.string(), fence: z.int() }),
  'attempt.lost': z.object({ worker: z.string(), detail: z.string() }),
  'attempt.ended': z.object({ reason: z.enum(END_REASON_NAMES), detail: z.string(), durationMs: ms }),
  /**
   * The run has its folder: an empty one, a copy of `from`, a clone of it (`commit` says which), what was uploaded, or `from` itself.
   * `notice` says where it is not quite what was asked for.
   */
  'workspace.prepared': z.object({
    from: z.string().nullable(),
    how: z.enum(['empty', 'copied', 'cloned', 'unpacked', 'mounted']),
    mode: z.enum(['read-write', 'read-only']),
    files: z.int().min(0),
    sizeBytes: z.int().min(0),
    durationMs: ms,
    commit: z.string().optional(),
    notice: z.string().optional(),
  }),
  /** The session of the run was opened: at which level, by what, with which network, and what keeps each limit. */
  'sandbox.opened': z.object({
    level: z.enum(ISOLATION_LEVELS),
    by: z.string(),
    durationMs: ms,
    network: z.union([z.enum(['none', 'open']), z.array(z.string())]).optional(),
    keepers: z.record(z.enum([...LIMIT_NAMES, 'cpu']), z.array(z.enum(LIMIT_KEEPERS))).optional(),
  }),
  /** `place`: which of the manifest's steps it is, from 0, its checks (`verify`) after its steps; a model's turn has none. */
  'step.started': z.object({ step, place: z.int().min(0).optional(), name: z.string(), kind: z.enum(['command', 'model']), command: z.string().optional(), timeoutMs: ms.optional(), try: z.int().min(1) }),
  'step.output': z.object({ step, stream, text: z.string() }),
  'step.finished': z.object({
    step,
    status: z.enum(['succeeded', 'failed', 'skipped']),
    detail: z.string().optional(),
    /** True when the manifest lets the run go on after this failure. */
    continued: z.boolean().optional(),
    end: commandEnd.optional(),
    durationMs: ms,
  }),
  /**
   * `asked` is all of it (request-log.ts); missing where it could not be kept, which `artifact.lost` says. `call` names what is held for it
   * against budgets; `maxOutputTokens` is the longest answer that was asked for because of them, and stands here alone.
   */
  'model.requested': z.object({
    step,
    model: z.string(),
    messages: z.int(),
    tools: z.array(z.string()),
    asked: askedOf.optional(),
    call: z.string().max(40).optional(),
    maxOutputTokens: z.int().min(1).optional(),
  }),
  'model.delta': z.object({ step, kind: z.enum(['text', 'reasoning']), text: z.string() }),
  'model.responded': z.object({
    step,
    model: z.string(),
    text: z.string(),
    finish: z.enum(['stop', 'tool_calls', 'length', 'content_filter', 'error', 'other']),
    toolCalls: z.array(z.object({ id: z.string(), tool: z.string(), input: z.unknown() })),
    usage,
    /** For the model's next turn. */
    continuation: continuation.optional(),
    /** What the provider asks for it, by the price list; null when it has no price there. */
    costUsd: z.number().nullable(),
    durationMs: ms,
    error: z.string().optional(),
    call: z.string().max(40).optional(),
    /** `bound`: nobody said what it came to, so it counts as the most that it can have been. */
    counted: z.enum(['said', 'bound']).optional(),
  }),
  /** An MCP server was started or reached, and these of its tools are offered to the model. `omitted`: one sentence for each that is not. */
  'mcp.listed': z.object({ server: z.string(), by: z.enum(['stdio', 'http']), about: z.string(), tools: z.array(z.string()).max(100), omitted: z.array(z.string()).max(100), durationMs: ms }),
  'tool.proposed': z.object({ step, call: z.string(), tool: z.string(), input: z.unknown() }),
  'tool.started': z.object({ step, call: z.string(), tool: z.string(), command: z.string() }),
  'tool.output': z.object({ step, call: z.string(), stream, text: z.string() }),
  'tool.finished': z.object({
    step,
    call: z.string(),
    tool: z.string(),
    status: z.enum(['succeeded', 'failed', 'denied']),
    /** What the model is given back. */
    result: z.string(),
    end: commandEnd.optional(),
    durationMs: ms,
  }),
  /** What a person says in a conversation, after the task, which is the first of it. */
  'message.sent': z.object({ by: z.string(), text: z.string() }),
  /**
   * An action needs a person's word. `action` is exactly what is done when it is given, `digest` its SHA-256: another action needs another word.
   * `isHeld`: a process of the run stays alive meanwhile, because its agent cannot go on later.
   */
  'approval.requested': z.object({
    approval: z.string(),
    step,
    call: z.string().optional(),
    tool: z.string(),
    title: z.string(),
    action: z.string(),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    rule: z.string(),
    expiresAt: z.iso.datetime(),
    isHeld: z.boolean(),
  }),
  'approval.decided': z.object({ approval: z.string(), as: z.enum(APPROVAL_DECISIONS), by: z.string(), note: z.string().optional() }),
  /** What somebody else's agent says of itself: its words and thoughts, its plan, and a change that it makes to a file. */
  'agent.session': z.object({ step, session: z.string(), agent: z.string(), canLoad: z.boolean(), mode: z.string().optional() }),
  'agent.message': z.object({ step, kind: z.enum(['text', 'thought']), text: z.string() }),
  'agent.plan': z.object({ step, entries: z.array(z.object({ content: z.string(), status: z.enum(['pending', 'in_progress', 'completed']) })).max(200) }),
  'agent.diff': z.object({ step, call: z.string().optional(), path: z.string(), old: z.string().nullable(), new: z.string() }),
  /** It was begun, its worker was lost, and its outcome is not in the log. `effect` names it within the run. */
  'effect.unknown': z.object({ effect: z.string(), step, call: z.string().optional(), name: z.string(), command: z.string() }),
  /**
   * What became of it: `done` and `failed` are a person's word, `repeat` does it again, `told` leaves it
   * to the agent, which is told that nobody knows, `interrupted` ends the run, whose script cannot be told.
   */
  'effect.settled': z.object({ effect: z.string(), as: z.enum(EFFECT_SETTLEMENTS), by: z.string(), note: z.string().optional() }),
  /**
   * A connection that the manifest's hosts allow was made, and to which address; one that they do not was refused. `omitted`: the
   * last of so many that are not in the log one by one, because it has its fill of them.
   */
  'network.allowed': z.object({ host: z.string(), port: z.int(), address: z.string(), omitted: z.int().min(1).optional() }),
  'network.denied': z.object({ host: z.string(), port: z.int(), reason: z.string(), omitted: z.int().min(1).optional() }),
  /** Four fifths of a limit are used up: once for each limit and attempt. */
  'limit.approached': z.object({ limit: z.enum(LIMIT_NAMES), used: z.number(), allowed: z.number() }),
  'limit.reached': z.object({ limit: z.enum(LIMIT_NAMES), used: z.number(), allowed: z.number() }),
  /** The same of a budget that the run shares with others, in dollars or tokens; `held` is what calls that are under way could come to. */
  'budget.approached': z.object({ budget: z.string(), ...budget }),
  /** A call was not made because of it; `wanted` is what it would have come to at worst, null when nobody knows its price. */
  'budget.reached': z.object({ budget: z.string(), ...budget, wanted: z.number().nullable() }),
  /** What a cap left out: it is said, never silent. */
  'output.cut': z.object({ step, droppedBytes: z.int().min(0), allowedBytes: z.int().min(0) }),
  /** Something too large or too raw for the log was stored beside it, under its hash. `isWhole` is false when its own cap cut it. */
  'artifact.saved': z.object({
    name: z.string(),
    mediaType: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    sizeBytes: z.int().min(0),
    isWhole: z.boolean(),
    step: step.optional(),
  }),
  'workspace.keep_requested': z.object({ by: z.string() }),
  /**
   * What the run has made of its workspace was stored, held against what it began with: at the end of an attempt, or while it went on, because
   * somebody asked. `left`: what of it is not kept, a sentence each.
   */
  'workspace.kept': z.object({
    when: z.enum(['end', 'asked']).optional(),
    added: z.int().min(0),
    modified: z.int().min(0),
    deleted: z.int().min(0),
    sizeBytes: z.int().min(0),
    durationMs: ms,
    left: z.array(z.string()).max(20),
  }),
  /** It should have been stored and could not be: `detail` says why. The run goes on. */
  'artifact.lost': z.object({ name: z.string(), detail: z.string(), step: step.optional() }),
} as const

export type EventType = keyof typeof EVENT_DATA
export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[]

/** What a writer hands to the log; the log gives it its seq. */
export type NewEvent = { [T in EventType]: { type: T, at: string, data: z.infer<(typeof EVENT_DATA)[T]> } }[EventType]

/** One line of a run's log. `at` is ISO 8601 in UTC; `attempt` is 0 for what happened before the first claim. */
export type RunEvent = NewEvent & { seq: number, attempt: number }

/** Throws a ZodError when `data` is not what `type` carries. */
export function parseNewEvent(value: { type: string, at: string, data: unknown }): NewEvent {
  const schema = EVENT_DATA[value.type as EventType] as z.ZodType | undefined
  if (!schema)
    throw new TypeError(`unknown event type ${JSON.stringify(value.type)}`)
  return { type: value.type, at: value.at, data: schema.parse(value.data) } as NewEvent
}

/** An event made now. */
export function event<T extends EventType>(type: T, data: z.infer<(typeof EVENT_DATA)[T]>): NewEvent {
  return { type, at: new Date().toISOString(), data } as NewEvent
}
