import type { IsolationLevel } from '../run.ts'
import type { CatchUp, Overlap, Timing } from '../schedule.ts'
import type { RunLimits } from '../views/run.ts'
import type { OutputFormat } from './output-formats.ts'

/**
 * A manifest after parsing, normalising and defaults: what everything but the parser works with.
 * Durations are milliseconds, sizes bytes, money US dollars.
 */
export interface Manifest {
  name: string
  description: string
  runtime: 'script' | 'llm' | 'command' | 'acp'
  inputs: Record<string, InputSpec>
  /** `provider/model`, tried in this order. */
  model: string[]
  /** unmetered: a model whose price nobody knows may be called. Missing in manifests that were stored before prices were known. */
  cost?: 'metered' | 'unmetered'
  instructions: string
  /** null: the model's own. */
  temperature: number | null
  tools: ('shell' | 'files' | 'fetch')[]
  mcp: Record<string, McpServer>
  steps: ScriptStep[]
  agent: { command: string, args: string[], parse: OutputFormat | null, mode: string | null } | null
  workspace: {
    /** A folder (relative to the manifest), a git URL, a template such as `{{inputs.path}}`, or null for an empty one. */
    from: string | null
    /** The secret that the repository is cloned with. Missing in manifests that were stored before there was one. */
    token?: string | null
    mode: 'copy' | 'mount-read-only' | 'mount-read-write'
    keep: 'none' | 'changed' | 'all'
  }
  /** null: the server's default (sandbox if proven, else process). */
  isolation: IsolationLevel | null
  image: string | null
  programs: string[]
  network: 'none' | 'open' | string[]
  secrets: string[]
  limits: RunLimits
  commands: { deny: string[], ask: string[], allow: string[] }
  /** `costUsd`: a model is called no more without asking once a run has cost so much, and each time so much more; null: never asked. */
  approvals: { shell: Decision | null, files: Decision, fetch: Decision, mcp: Decision, agent: Decision, costUsd: number | null, expiresMs: number }
  effects: 'ask' | 'tell' | 'retry' | null
  retry: { attempts: number, delayMs: number, maxDelayMs: number, factor: number, jitter: boolean }
  verify: ScriptStep[]
  schedule: ScheduleSpec | null
  /** null: unlimited. */
  concurrency: number | null
  /** The same for each person, and for each key. `keyTemplate` is filled in with the run's task and inputs. */
  concurrencyPer: { user: number | null, key: number | null, keyTemplate: string | null }
  /** So many runs are started within this time at most; null: unlimited. */
  rate: { runs: number, perMs: number } | null
  priority: number
  retentionMs: number | null
}

/** When it is run by itself, and what it is asked then. */
export interface ScheduleSpec extends Timing {
  overlap: Overlap
  catchUp: CatchUp
  catchUpWindowMs: number
  task: string
}

export type Decision = 'auto' | 'ask' | 'deny'

export interface InputSpec {
  type: 'string' | 'number' | 'boolean'
  description: string
  required: boolean
  default: string | number | boolean | null
}

export interface ScriptStep {
  name: string
  /** For `sh -c`, in the workspace. */
  run: string
  /** null: AGENTOS_COMMAND_TIMEOUT. */
  timeoutMs: number | null
  /** `delayMs` between tries; 1 try when the manifest says nothing. */
  retry: { attempts: number, delayMs: number }
  /** A CEL expression, or null. */
  if: string | null
  continueOnError: boolean
  idempotent: boolean
  secrets: string[]
}

export type McpServer
  = McpPolicy & ({ kind: 'stdio', program: string, args: string[] } | { kind: 'http', url: string, headers: Record<string, string> })

interface McpPolicy {
  /** By the server's own names; null: all. */
  tools: string[] | null
  /** For one call. */
  timeoutMs: number
}
