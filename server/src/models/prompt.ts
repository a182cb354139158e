import type { LanguageModelV4FunctionTool, LanguageModelV4Message } from '@ai-sdk/provider'

/** The messages of a run's loop, as the executor's protocol has them. */
export type ModelMessage
  = | { role: 'system', content: string }
    | { role: 'user', content: string }
    | { role: 'assistant', content: string, toolCalls: { id: string, tool: string, input?: unknown }[] }
    | { role: 'tool', callId: string, tool: string, content: string }

export interface ToolSpec { name: string, description: string, inputSchema: Record<string, unknown> }

export function toPrompt(messages: ModelMessage[]): LanguageModelV4Message[] {
  return messages.map(toMessage)
}

export function toTools(tools: ToolSpec[]): LanguageModelV4FunctionTool[] {
  return tools.map(({ name, description, inputSchema }) => ({ type: 'function', name, description, inputSchema }))
}

function toMessage(message: ModelMessage): LanguageModelV4Message {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content }
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.content }] }
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.content ? [{ type: 'text' as const, text: message.content }] : []),
          ...message.toolCalls.map(call => ({ type: 'tool-call' as const, toolCallId: call.id, toolName: call.tool, input: asObject(call.input) })),
        ],
      }
    case 'tool':
      return {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: message.callId, toolName: message.tool, output: { type: 'text', value: message.content } }],
      }
  }
}

/** Endpoints want an object as arguments; what the model wrote instead is given back to it as it was. */
function asObject(input: unknown): unknown {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : { invalid: input ?? null }
}
