import type { Continuation } from '../../domain/continuation.ts'
import type { ScriptStep } from '../../domain/manifest/manifest.ts'
import type { OutputFormat } from '../../domain/manifest/output-formats.ts'
import type { DoneStep, SoFar } from '../../domain/resume/so-far.ts'
import type { IsolationLevel } from '../../domain/run.ts'
import type { RunLimits } from '../../domain/views/run.ts'

/**
 * What the worker says to the executor: one JSON object a line on the executor's standard input. The executor trusts the
 * worker. When the pipe ends, the executor ends, and every sandbox with it.
 */
export type ExecutorInput = StartRun | CancelRun | Reply | ModelChunk | Drain

export interface StartRun {
  type: 'run.start'
  runId: string
  attempt: number
  /** The first free step number; greater than 1 when an earlier attempt used some. */
  firstStep: number
  work: ScriptWork | LlmWork | CommandWork | AcpWork
  sandbox: SandboxSpec
  /**
   * Host path of an empty folder of the run's user, for output that is to be kept as it came. Never mounted into a sandbox; at
   * levels `process` and `none` a command has the same user and can reach it, so the worker believes no file in it.
   */
  spoolPath: string
  limits: RunLimits
  /** For a command that names no timeout of its own. */
  commandTimeoutMs: number
  /** Between SIGTERM and SIGKILL. */
  graceMs: number
}

interface AnyWork {
  task: string
  inputs: Record<string, string | number | boolean>
  verify: ScriptStep[]
  /** The place of the first check among the manifest's commands. */
  firstCheck: number
  /** Commands that earlier attempts have finished, by their place: they are not done again. */
  done: DoneStep[]
}

export interface ScriptWork extends AnyWork {
  runtime: 'script'
  steps: ScriptStep[]
}

export interface LlmWork extends AnyWork {
  runtime: 'llm'
  instructions: string
  tools: ('shell' | 'files')[]
  /** Tools that the worker carries out. */
  workerTools: { name: string, description: string, inputSchema: Record<string, unknown> }[]
  /** MCP servers that run in sandboxes of their own, beside the run's. */
  servers: StdioServer[]
  /** What was said in earlier attempts, after the instructions and the task; null for the first one. */
  resume: Pick<SoFar, 'messages' | 'turn' | 'isAnswered'> | null
}

export interface StdioServer {
  name: string
  program: string
  args: string[]
  /** Of its own names; null: all. */
  tools: string[] | null
  /** For one call. */
  timeoutMs: number
}

export interface CommandWork extends AnyWork {
  runtime: 'command'
  /** The agent's program and its arguments, with nothing left to fill in. */
  argv: string[]
  /** How to read what it writes; null: as it is. */
  parse: OutputFormat | null
}

export interface AcpWork extends AnyWork {
  runtime: 'acp'
  argv: string[]
  /** What the agent is told. */
  prompt: string
  /** One of its own modes; null: the one that it begins in. */
  mode: string | null
  /** Of an attempt that was lost: the session that the agent has said it can load. */
  session: string | null
  /** Its end is unknown, and a person has not been asked: only a loaded session may go on. */
  mustLoad: boolean
  /** An earlier attempt has begun with it. */
  isAgain: boolean
}

export interface SandboxSpec {
  level: IsolationLevel
  /** Host path of what is /workspace inside (at level `process` and `none` the commands simply start in it). */
  workspacePath: string
  workspaceMode: 'read-write' | 'read-only'
  /**
   * What of a mounted workspace the run may not see (the server's own data below it): something empty lies over each. Paths
   * are relative to the workspace and exist. Only level `sandbox` can hide; elsewhere the worker does not mount such a folder.
   */
  hidden: { path: string, kind: 'folder' | 'file' }[]
  /** Host folders that are the run's own: what they hold counts against its limit of disk space. */
  ownFolders: string[]
  /** Host path of a private, empty HOME; removed by the worker afterwards. */
  homePath: string
  /**
   * What the manifest says, for people and models: a sandbox has no interface but its own loopback, whatever stands here, and what
   * is reached is reached through `loopback`. Levels without a network of their own have this machine's.
   */
  network: 'none' | 'open' | string[]
  /**
   * Ports of the sandbox's own loopback that lead to sockets of the worker (the model gateway, the proxy of allowed hosts).
   * Host paths, which the run's user may open.
   */
  loopback: { port: number, socketPath: string }[]
  /** Host files and folders that stand read-only inside: programs installed for agents. */
  programs: { hostPath: string, insidePath: string }[]
  /** Of level `container`; null elsewhere. */
  image: string | null
  /** Folders that stand before the system's own in PATH, as seen from inside. */
  path: string[]
  /** The whole environment of its commands, beside PATH, HOME, TMPDIR, LANG and TERM. Never a secret of the server. */
  env: Record<string, string>
}

/** A person or a limit of the worker's stops the run: the first reason wins. */
export interface CancelRun { type: 'run.cancel', runId: string, reason: 'cancelled' | 'timeout' | 'interrupted', detail: string }

/** The answer to one request of the executor's (output.ts). */
export type Reply
  = | { type: 'reply', runId: string, request: number, ok: true, value: ReplyValue }
    | { type: 'reply', runId: string, request: number, ok: false, error: string }

export type ReplyValue
  /** `problem`: why what was to be kept was not. */
  = | { kind: 'recorded', problem?: string }
    /** `env`: the values of the secrets that were asked for, for this command alone. */
    | { kind: 'decision', allow: true, env?: Record<string, string> }
    | { kind: 'decision', allow: false, reason: string, rule: string }
    /** A person has to say it, and the run gives its process back meanwhile: the loop ends, and another attempt asks again. */
    | { kind: 'parked' }
    | { kind: 'tool', content: string, hasFailed: boolean }
    /** `continuation` goes back with the next turn as it came. */
    | { kind: 'model', text: string, toolCalls: ModelToolCall[], finish: string, continuation?: Continuation }

export interface ModelToolCall { id: string, tool: string, input: unknown }

/** Text of a model as it arrives, for loops that want it; the worker has recorded it already. */
export interface ModelChunk { type: 'model.chunk', runId: string, request: number, text: string }

/** Take no more runs, end when those that run have ended. */
export interface Drain { type: 'drain' }
