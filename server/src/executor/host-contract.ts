import type { NewEvent } from '../domain/event.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunUsage } from '../domain/views/run.ts'
import type { SandboxStatus } from '../domain/views/system.ts'
import type { DelegatedCgroup } from './delegate-cgroup.ts'
import type { CancelRun, ReplyValue, StartRun } from './protocol/input.ts'
import type { ExecutorAsk, RunOutcome } from './protocol/output.ts'
import type { EngineAccess, EngineCandidate } from './sandbox/engine.ts'
import type { SandboxWay } from './sandbox/layout.ts'

/** What a worker gives to a host and gets from it. */
export interface LostRun { lost: true, detail: string }

export interface RunHandlers {
  /** In the order in which they happened. What a returned promise still holds counts against what the executor may send. */
  events(events: NewEvent[]): void | Promise<void>
  /** What its processes use now. */
  usage?(usage: RunUsage): void
  /** A rejection is answered to the executor as a refusal, with its message. */
  ask(ask: ExecutorAsk, chunk: (text: string) => void): Promise<ReplyValue>
}

/** Hears of executor processes; nothing waits for it. */
export interface ExecutorWatch {
  executorStarted: () => void
  /** Nobody had asked it to end. */
  executorDied: () => void
}

export interface ExecutorHostOptions {
  /** Whom the executor becomes, when the server is root. */
  runAs: { uid: number, gid: number } | null
  /** Control groups that the executor may divide among its runs; null where there are none. */
  cgroup?: DelegatedCgroup | null
  log?: (line: string) => void
  watch?: ExecutorWatch
  /** Only these ways into level `sandbox` are tried; for tests. */
  sandboxBy?: SandboxWay[]
  /** Engines to ask, in this order, instead of those that are installed; for tests. */
  engines?: EngineCandidate[]
  /** The engine of containers is asked when a run wants one, and not at the start: an answer may take seconds of a whole processor. */
  asksEngineLate?: boolean
  /** Of the executor for containers; set by the host itself. */
  engine?: EngineAccess
  /** Another program in the executor's place; for tests. */
  mainPath?: string
}

/** The worker's side of the pipe: one executor process, kept alive. */
export interface ExecutorHost {
  /** Resolves when an executor runs and has proved its levels; rejects with what it said when it cannot be started. Idempotent. */
  start(): Promise<void>
  /** Ends the executor and every run in it; those settle as lost. Idempotent. */
  stop(): Promise<void>
  /** What the start-up probe of the newest executor proved. */
  readonly levels: SandboxStatus
  /** The same, when the engine of containers has been asked too, which may take seconds. */
  proved(): Promise<SandboxStatus>
  /** null while none runs. */
  readonly pid: number | null
  /** Of the one that has the runs of this level. */
  pidFor(level: IsolationLevel): number | null
  /** Removes the containers of runs that have lost their executor, and do not run again already. Resolves with how many there were. */
  reapContainers(runIds: string[], isRunning: (runId: string) => boolean): Promise<number>
  /**
   * Hands a run to the executor. Never rejects; `lost` when the executor died, which is then started again by itself.
   * Aborting the signal cancels the run, as `cancel` does.
   */
  run(start: StartRun, handlers: RunHandlers, signal?: AbortSignal): Promise<RunOutcome | LostRun>
  /** Ends a run: the first reason wins. Unknown runs are ignored. */
  cancel(runId: string, reason: CancelRun['reason'], detail: string): void
}
