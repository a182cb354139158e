import type { IsolationLevel, RunStatus } from '../run.ts'
import type { RunView } from './run.ts'

/** Agents, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

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
