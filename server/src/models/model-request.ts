import type { ModelDelta } from './model-answer.ts'
import type { ModelMessage, ToolSpec } from './prompt.ts'

/** One turn that is asked of one model. */
export interface ModelRequest {
  model: string
  messages: ModelMessage[]
  tools: ToolSpec[]
  /** null, or left out: the model's own. */
  temperature?: number | null
  /** The longest answer that may be asked for; any when left out. */
  maxOutputTokens?: number
  onDelta: (delta: ModelDelta) => void
  signal: AbortSignal
}
