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
  /** Calls to models that have ended. */
  answers: AnsweredCall[]
}

/** What a call to a model came to, as its answer in the log says. */
export interface AnsweredCall {
  /** Names its hold; null when nothing was held. */
  call: string | null
  model: string
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  nanos: number
  /** Nobody said what it came to: this is the most that it can have been. */
  isUnknown: boolean
}

/** `data` is JSON already. */
export interface EncodedEvent { type: NewEvent['type'], atMs: number, data: string }

export interface RunAppend { ref: RunRef, events: EncodedEvent[], progress: Progress }
