import type { Continuation } from '../domain/continuation.ts'
import type { ModelUsage } from '../domain/event.ts'

export interface ModelAnswer {
  ok: true
  text: string
  toolCalls: { id: string, tool: string, input: unknown }[]
  finish: 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other'
  usage: ModelUsage
  /** For the model's next turn. */
  continuation?: Continuation
}

export interface ModelDelta { kind: 'text' | 'reasoning', text: string }
