import type { Writable } from 'node:stream'
import type { CommandEnd } from '../../domain/event.ts'
import type { IsolationLevel } from '../../domain/run.ts'

/**
 * A place in which the commands of one run are executed, one after another: a shell that lives as long as the run. What a
 * command leaves running is there for the next one and gone when the session closes.
 */
export interface Session {
  readonly level: IsolationLevel
  /** By what the level is had: `bubblewrap 0.8`, `util-linux 2.38`, ... */
  readonly by: string
  /** True when its shell has ended before it was closed: no command runs in it any more. */
  readonly isLost: boolean
  /** Its first process, by the pids of our own namespace; null once it has ended. */
  readonly pid: number | null
  /** Never rejects. One command at a time: a second call waits for the first. */
  run(command: string, options: CommandOptions): Promise<CommandEnd>
  /**
   * Starts a command that is spoken with: what is written is its standard input. It has the session for itself until it ends. A
   * level that cannot do it has none of this.
   */
  converse?: (command: string, options: Pick<CommandOptions, 'onOutput'>) => Conversation
  /**
   * Ends everything in it; idempotent. `survivors` counts the processes that were still alive when the session itself was
   * gone and had to be killed one by one.
   */
  close(): Promise<{ survivors: number }>
}

export interface CommandOptions {
  timeoutMs: number
  /** For this command alone, beside the session's environment. */
  env?: Record<string, string>
  /** What the command reads from its standard input; nothing when left out. */
  stdin?: string
  /** Instead of that: its standard input stays open, and this is called with the end to write to. Once in a session, which has to be opened for it. */
  converse?: (input: Writable) => void
  /** Returns false when it wants no more for now; it calls `resume` when it does. */
  onOutput: (stream: OutputStream, bytes: Buffer, resume: () => void) => boolean
  /** Ends the command: SIGTERM to its tree, the grace, SIGKILL. */
  signal?: AbortSignal
}

/** A command whose input is open. */
export interface Conversation {
  write(text: string): void
  /** Bytes that it has not read yet. */
  unreadBytes(): number
  /** Never rejects. */
  ended: Promise<CommandEnd>
}

export type OutputStream = 'stdout' | 'stderr'
