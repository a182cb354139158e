import type { ModelDelta } from '../call-model.ts'
import type { WireAnswer } from './answer.ts'

/** A call that is about to be sent to a provider. */
export interface WireCall {
  /** `provider/model` */
  model: string
  messages: number
  tools: string[]
}

/** Who opens the wire writes down what passes over it. */
export interface WireRecorder {
  /** Resolves when the request is durable: only then it is sent. Rejects when it cannot be written, and then it is not sent. */
  requested: (call: WireCall) => Promise<WireRecord>
}

export interface WireRecord {
  delta: (delta: ModelDelta) => void
  /** Once for each request, however it ended. Resolves when it is durable. */
  responded: (answer: WireAnswer & { durationMs: number }) => Promise<void>
}
