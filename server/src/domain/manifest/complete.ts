import type { InputSpec, Manifest, McpServer, ScriptStep } from './manifest.ts'
import type { TodaysFile } from './normalise.ts'
import type { StepFile } from './schema-step.ts'
import type { McpServerFile } from './schema.ts'
import { parseMoment } from '../schedule-words.ts'
import {
  DEFAULT_APPROVALS,
  DEFAULT_CONCURRENCY_PER,
  DEFAULT_DENY,
  DEFAULT_LIMITS,
  DEFAULT_MCP_TIMEOUT_MS,
  DEFAULT_RETRY,
  DEFAULT_SCHEDULE,
  DEFAULT_STEP_RETRY_DELAY_MS,
  DEFAULT_TOOLS,
  DEFAULT_WORKSPACE,
} from './defaults.ts'
import { runtimeOf } from './together.ts'

/** A file that was found right, with every default filled in. */
export function complete(file: TodaysFile): Manifest {
  const runtime = runtimeOf(file) ?? 'script'
  return {
    name: file.name,
    runtime,
    inputs: mapValues(file.inputs ?? {}, completeInput),
    model: file.model === undefined ? [] : [file.model].flat(),
    mcp: mapValues(file.mcp ?? {}, completeServer),
    steps: (file.steps ?? []).map(completeStep),
    agent: file.agent ? { command: file.agent.command, args: file.agent.args ?? [], parse: file.agent.parse ?? null, mode: file.agent.mode ?? null } : null,
    workspace: completeWorkspace(file.workspace ?? {}),
    limits: completeLimits(file.limits ?? {}),
    commands: { deny: DEFAULT_DENY, ask: [], allow: [], ...given(file.commands) },
    approvals: completeApprovals(file.approvals ?? {}),
    retry: completeRetry(file.retry ?? {}),
    verify: (file.verify ?? []).map((check: StepFile) => completeStep(check)),
    schedule: file.schedule ? completeSchedule(file.schedule) : null,
    retentionMs: file.retention ?? null,
    ...completeConcurrency(file.concurrency),
    rate: file.rate ? { runs: file.rate.runs, perMs: file.rate.per } : null,
    ...DEFAULT_WORDS,
    tools: runtime === 'llm' ? DEFAULT_TOOLS : [],
    ...given({
      description: file.description,
      cost: file.cost,
      instructions: file.instructions,
      temperature: file.temperature,
      tools: file.tools,
      isolation: file.isolation,
      image: file.image,
      programs: file.programs,
      network: file.network,
      secrets: file.secrets,
      effects: file.effects,
      priority: file.priority,
    }),
  }
}

const DEFAULT_WORDS = {
  description: '',
  cost: 'metered',
  instructions: '',
  temperature: null,
  isolation: null,
  image: null,
  programs: [],
  network: 'none',
  secrets: [],
  effects: null,
  priority: 0,
} satisfies Partial<Manifest>

/** Of `${secrets.NAME}` the name. */
function completeWorkspace({ token, ...same }: NonNullable<TodaysFile['workspace']>): Manifest['workspace'] {
  const [, name] = /\.(\w+)\}$/.exec(token ?? '') ?? []
  return { ...DEFAULT_WORKSPACE, ...given(same), ...given({ token: name }) }
}

function completeLimits({ time, memory, output, disk, cpuTime, cost, ...same }: NonNullable<TodaysFile['limits']>): Manifest['limits'] {
  const renamed = { timeMs: time, memoryBytes: memory, outputBytes: output, diskBytes: disk, cpuTimeMs: cpuTime, costUsd: cost }
  return { ...DEFAULT_LIMITS, ...given(same), ...given(renamed) }
}

function completeApprovals({ expires, cost, ...tools }: NonNullable<TodaysFile['approvals']>): Manifest['approvals'] {
  return { ...DEFAULT_APPROVALS, ...given(tools), ...given({ expiresMs: expires, costUsd: cost }) }
}

/** A first wait that is longer than the longest one by default lengthens that too. */
function completeRetry({ delay, maxDelay, ...same }: NonNullable<TodaysFile['retry']>): Manifest['retry'] {
  const longestMs = maxDelay ?? Math.max(DEFAULT_RETRY.maxDelayMs, delay ?? 0)
  return { ...DEFAULT_RETRY, ...given(same), ...given({ delayMs: delay }), maxDelayMs: longestMs }
}

function completeSchedule({ every, at, catchUpWindow, ...same }: NonNullable<TodaysFile['schedule']>): NonNullable<Manifest['schedule']> {
  const schedule = { ...DEFAULT_SCHEDULE, ...given(same), ...given({ everyMs: every, catchUpWindowMs: catchUpWindow }) }
  return { ...schedule, onceAtMs: at === undefined ? null : parseMoment(at, schedule.timezone) }
}

function completeConcurrency(concurrency: TodaysFile['concurrency']): Pick<Manifest, 'concurrency' | 'concurrencyPer'> {
  if (concurrency === undefined || typeof concurrency === 'number')
    return { concurrency: concurrency ?? null, concurrencyPer: DEFAULT_CONCURRENCY_PER }
  const { runs, perUser, perKey, key } = concurrency
  return { concurrency: runs ?? null, concurrencyPer: { user: perUser ?? null, key: perKey ?? null, keyTemplate: key ?? null } }
}

function completeStep(step: StepFile): ScriptStep {
  return {
    name: step.name ?? firstLine(step.run),
    run: step.run,
    timeoutMs: step.timeout ?? null,
    retry: { attempts: step.retry?.attempts ?? 1, delayMs: step.retry?.delay ?? DEFAULT_STEP_RETRY_DELAY_MS },
    if: step.if ?? null,
    continueOnError: step.continueOnError ?? false,
    idempotent: step.idempotent ?? false,
    secrets: step.secrets ?? [],
  }
}

function firstLine(command: string): string {
  const line = command.trim().split('\n', 1)[0]?.trim() ?? ''
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}

function completeInput(input: NonNullable<TodaysFile['inputs']>[string]): InputSpec {
  const fallback = input.default ?? null
  return { type: input.type, description: input.description ?? '', required: input.required ?? fallback === null, default: fallback }
}

function completeServer(server: McpServerFile): McpServer {
  const policy = { tools: server.tools ?? null, timeoutMs: server.timeout ?? DEFAULT_MCP_TIMEOUT_MS }
  return server.url === undefined
    ? { kind: 'stdio', program: server.program ?? '', args: server.args ?? [], ...policy }
    : { kind: 'http', url: server.url, headers: server.headers ?? {}, ...policy }
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without the keys that were left out, so that it can be laid over defaults. */
function given<T extends object>(values: T | undefined): Given<T> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Given<T> // only entries were dropped
}
