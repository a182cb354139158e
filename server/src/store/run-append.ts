import type { NewEvent } from '../domain/event.ts'
import type { IsolationLevel } from '../domain/run.ts'

/** A claimed run, as the one who claimed it knows it. */
export interface RunRef { runId: string, fence: number, attempt: number }

/** What events add to the figures of their run. */
export interface Progress {
  /** The highest step that is in them; 0 when none is. */
  steps: number
  /** Finished steps, tool calls and answers: what another attempt does not do again. */
  recorded: number
  outputBytes: number
  tokens: number
  costUsd: number | null
  /** What the run does now; undefined when they do not say. */
  now: string | null | undefined
  isolation: IsolationLevel | null
  isolationBy: string | null
}

/** `data` is JSON already. */
export interface EncodedEvent { type: NewEvent['type'], atMs: number, data: string }

export interface RunAppend { ref: RunRef, events: EncodedEvent[], progress: Progress }
