import type { CommandEnd, NewEvent } from '../../domain/event.ts'
import type { ReplyValue, StartRun } from '../protocol/input.ts'
import type { ExecutorAsk } from '../protocol/output.ts'
import type { CommandOptions, OutputStream, Session } from '../sandbox/session.ts'
import type { LimitWatch } from './limit-watch.ts'
import type { LineReader, OutputOwner } from './output.ts'
import type { RunControl } from './run-control.ts'

/** What the loop of a run works with. */
export interface RunContext {
  start: StartRun
  control: RunControl
  limits: LimitWatch
  /** Sends an event that needs no answer. */
  emit(...events: NewEvent[]): void
  /** The same for events that are made of a command's output: what it wrote before them comes before them. */
  tell(...events: NewEvent[]): void
  /** The events leave out something of what the command writes: it is kept as it came. */
  keepRaw(): void
  /** Rejects with AskRefused. */
  ask(ask: ExecutorAsk): Promise<ReplyValue>
  /** Resolves when the events are durable: an intent, before its effect. */
  record(...events: NewEvent[]): Promise<void>
  /** Opens the session if it is not open yet, so that the first command need not wait for it. */
  warm(): void
  /** Runs a command in the run's session. Never rejects. */
  command(command: string, options: RunCommandOptions): Promise<CommandEnd>
  /** A sandbox of its own within the run's isolation, for a program that is spoken with. Never rejects. */
  openAnother(): Promise<{ session: Session } | { error: string }>
}

export interface RunCommandOptions {
  timeoutMs: number
  stdin?: string
  /** Secrets of this command alone: it gets a session of its own. */
  env?: Record<string, string>
  /** Whose output events it makes; null: none, `onBytes` alone gets what it writes. */
  owner: OutputOwner | null
  /** Reads its standard output, and leaves to the events what it does not understand. */
  lines?: LineReader
  converse?: CommandOptions['converse']
  /** Ends it; the end of the run when left out. */
  signal?: AbortSignal
  onBytes?: (stream: OutputStream, bytes: Buffer) => void
}
