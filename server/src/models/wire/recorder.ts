import type { ModelDelta } from '../model-answer.ts'
import type { WireAnswer } from './answer.ts'

/** A call that is about to be sent to a provider. */
export interface WireCall {
  /** `provider/model` */
  model: string
  messages: number
  tools: string[]
  /** As it goes on, with what a provider may not see taken out; `maxOutputTokens` of its record is not in it yet. */
  body: Buffer
  /** Into how many messages and tools it is divided. */
  parts: number
  /** The longest answer that the agent has asked for, and how many of them; null: it has not said. */
  maxOutputTokens: number | null
  answers: number
  /** It goes on from what lies at the provider, beside what is sent. */
  hasUnseen: boolean
  /** It counts tokens, which costs nothing. */
  isCount: boolean
}

/** It may not be sent: in a sentence for whoever asked. */
export interface WireRefusal { refused: string }

/** Who opens the wire writes down what passes over it. */
export interface WireRecorder {
  /** Resolves when the request is durable: only then it is sent. Rejects when it cannot be written, and then it is not sent. */
  requested: (call: WireCall) => Promise<WireRecord | WireRefusal>
}

export interface WireRecord {
  /** The longest answer that may be asked for; null: any. */
  maxOutputTokens: number | null
  delta: (delta: ModelDelta) => void
  /** Once for each request, however it ended. Resolves when it is durable. */
  responded: (answer: WireAnswer & { durationMs: number, isFree: boolean }) => Promise<void>
}
