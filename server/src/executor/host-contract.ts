import type { NewEvent } from '../domain/event.ts'
import type { RunUsage } from '../domain/views.ts'
import type { DelegatedCgroup } from './delegate-cgroup.ts'
import type { ReplyValue } from './protocol/input.ts'
import type { ExecutorAsk } from './protocol/output.ts'
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

export interface ExecutorHostOptions {
  /** Whom the executor becomes, when the server is root. */
  runAs: { uid: number, gid: number } | null
  /** Control groups that the executor may divide among its runs; null where there are none. */
  cgroup?: DelegatedCgroup | null
  log?: (line: string) => void
  /** Only these ways into level `sandbox` are tried; for tests. */
  sandboxBy?: SandboxWay[]
  /** Another program in the executor's place; for tests. */
  mainPath?: string
}
