import type { CommandEnd, NewEvent } from '../../domain/event.ts'
import type { ReplyValue, StartRun } from '../protocol/input.ts'
import type { ExecutorAsk } from '../protocol/output.ts'
import type { OutputStream } from '../sandbox/session.ts'
import type { LimitWatch } from './limit-watch.ts'
import type { OutputOwner } from './output.ts'
import type { RunControl } from './run-control.ts'

/** What the loop of a run works with. */
export interface RunContext {
  start: StartRun
  control: RunControl
  limits: LimitWatch
  /** Sends an event that needs no answer. */
  emit(...events: NewEvent[]): void
  /** Rejects with AskRefused. */
  ask(ask: ExecutorAsk): Promise<ReplyValue>
  /** Resolves when the events are durable: an intent, before its effect. */
  record(...events: NewEvent[]): Promise<void>
  /** Opens the session if it is not open yet, so that the first command need not wait for it. */
  warm(): void
  /** Runs a command in the run's session. Never rejects. */
  command(command: string, options: RunCommandOptions): Promise<CommandEnd>
}

export interface RunCommandOptions {
  timeoutMs: number
  stdin?: string
  /** Secrets of this command alone: it gets a session of its own. */
  env?: Record<string, string>
  /** Whose output events it makes; null: none, `onBytes` alone gets what it writes. */
  owner: OutputOwner | null
  onBytes?: (stream: OutputStream, bytes: Buffer) => void
}
