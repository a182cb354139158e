import { z } from 'zod'
import { ARTIFACT_MEDIA_TYPES, ARTIFACT_NAME } from '../../domain/artifact.ts'
import { continuation } from '../../domain/continuation.ts'
import { LIMIT_KEEPERS, LIMIT_NAMES } from '../../domain/limits.ts'
import { END_REASON_NAMES, ISOLATION_LEVELS } from '../../domain/run.ts'

/**
 * What the executor says to the worker: one JSON object a line on the executor's standard output. The worker trusts
 * nothing of it: each line is sized, counted and parsed by these schemas, and an executor that breaks them is killed.
 */

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: z.string() }),
  z.object({ role: z.literal('user'), content: z.string() }),
  z.object({ role: z.literal('assistant'), content: z.string(), toolCalls: z.array(z.object({ id: z.string(), tool: z.string(), input: z.unknown() })), continuation: continuation.optional() }),
  z.object({ role: z.literal('tool'), callId: z.string(), tool: z.string(), content: z.string() }),
])
export type ModelMessage = z.infer<typeof message>

const toolSpec = z.object({ name: z.string(), description: z.string(), inputSchema: z.record(z.string(), z.unknown()) })
export type ToolSpec = z.infer<typeof toolSpec>

/** What the executor may ask for. Each is decided, priced and recorded by the worker. */
const ask = z.discriminatedUnion('kind', [
  /** Write these events and answer when they are durable: an intent, before its effect. */
  z.object({ kind: z.literal('record'), events: z.array(z.object({ type: z.string(), at: z.string(), data: z.unknown() })).min(1).max(1000) }),
  /** May this command run, and with which secrets? The worker holds it against the manifest's rules. `input`: of a tool whose command does not say it all. */
  z.object({ kind: z.literal('command'), step: z.int(), call: z.string().max(200).optional(), tool: z.string().max(200).optional(), command: z.string(), input: z.record(z.string(), z.unknown()).optional(), secrets: z.array(z.string()).max(100).optional() }),
  /** The same for what is no command: an action that an agent of its own announces. The answer may take as long as a person does. */
  z.object({ kind: z.literal('approve'), step: z.int(), call: z.string().max(200), tool: z.string().max(200), title: z.string().max(2_000), action: z.string().max(100_000) }),
  /** May this tool be called so? Of the worker's own tools and of MCP servers; it is done after the intent is recorded. */
  z.object({ kind: z.literal('permit'), step: z.int(), call: z.string().max(200), tool: z.string().max(200), input: z.record(z.string(), z.unknown()) }),
  /** The worker does it, and answers with what the model is told: a fetch, a call of an MCP server that it speaks to itself. The intent is recorded before. */
  z.object({ kind: z.literal('tool'), step: z.int(), call: z.string().max(200), tool: z.string().max(200), input: z.record(z.string(), z.unknown()) }),
  /** One turn of a model. The worker records model.requested, model.delta and model.responded. */
  z.object({ kind: z.literal('model'), step: z.int(), messages: z.array(message), tools: z.array(toolSpec) }),
  /** Store a file of the spool folder under a name, and answer when it is stored; `problem` says why there is none. */
  z.object({
    kind: z.literal('keep'),
    step: z.int().min(1),
    name: z.string().regex(ARTIFACT_NAME),
    file: z.string().regex(ARTIFACT_NAME).nullable(),
    problem: z.string().max(500).nullable(),
    mediaType: z.enum(ARTIFACT_MEDIA_TYPES),
    isWhole: z.boolean(),
  }),
])
export type ExecutorAsk = z.infer<typeof ask>

const keepers = z.record(z.enum([...LIMIT_NAMES, 'cpu']), z.array(z.enum(LIMIT_KEEPERS)))

const usage = z.object({
  at: z.string().max(40),
  cpuMs: z.number().min(0),
  memoryBytes: z.number().min(0),
  processes: z.int().min(0),
  files: z.int().min(0),
  diskBytes: z.number().min(0).nullable(),
  tree: z.array(z.object({
    pid: z.int(),
    parent: z.int(),
    command: z.string().max(300),
    cpuMs: z.number().min(0),
    memoryBytes: z.number().min(0),
    startedAt: z.string().max(40),
  })).max(200),
  omitted: z.int().min(0),
})

export const executorOutput = z.discriminatedUnion('type', [
  /** The first line: it runs, and what its start-up probe has proved by doing. */
  z.object({
    type: z.literal('ready'),
    pid: z.int(),
    levels: z.array(z.object({ level: z.enum(ISOLATION_LEVELS), proven: z.boolean(), by: z.string().nullable(), missing: z.string().nullable(), keepers })),
  }),
  /** Events that need no answer: output, deltas. Order within a run is kept between these and requests. */
  z.object({ type: z.literal('events'), runId: z.string(), events: z.array(z.object({ type: z.string(), at: z.string(), data: z.unknown() })).min(1).max(1000) }),
  /** What the run's processes use now: shown, never stored. */
  z.object({ type: z.literal('usage'), runId: z.string(), usage }),
  z.object({ type: z.literal('request'), runId: z.string(), request: z.int(), ask }),
  /** The run's loop has ended and its sandbox is gone. Always the last message of a run. */
  z.object({
    type: z.literal('run.finished'),
    runId: z.string(),
    outcome: z.object({
      reason: z.enum(END_REASON_NAMES),
      detail: z.string(),
      /** True when another attempt might go better (manifest `retry:`). */
      canPass: z.boolean(),
      /** Processes that were alive after the sandbox was closed and had to be killed one by one. */
      survivors: z.int().min(0),
    }),
  }),
])
export type ExecutorOutput = z.infer<typeof executorOutput>
export type RunOutcome = Extract<ExecutorOutput, { type: 'run.finished' }>['outcome']
