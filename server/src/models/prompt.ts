import type { LanguageModelV4FunctionTool, LanguageModelV4Message, SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { AnswerPart, Continuation } from '../domain/continuation.ts'

/** The messages of a run's loop, as the executor's protocol has them. */
export type ModelMessage
  = | { role: 'system', content: string }
    | { role: 'user', content: string }
    | AssistantMessage
    | { role: 'tool', callId: string, tool: string, content: string }

interface AssistantMessage {
  role: 'assistant'
  content: string
  toolCalls: { id: string, tool: string, input?: unknown }[]
  continuation?: Continuation | undefined
}

export interface ToolSpec { name: string, description: string, inputSchema: Record<string, unknown> }

/** Claude keeps what it has read up to these marks, so that a long conversation is not paid anew with each turn; others do so by themselves. */
const CACHED_UP_TO_HERE: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } }

/** `model` is who will read it: `provider/model`. */
export function toPrompt(messages: ModelMessage[], model: string): LanguageModelV4Message[] {
  const prompt = messages.map(message => toMessage(message, model))
  if (!model.startsWith('claude/'))
    return prompt
  return prompt.map((message, index) => message.role === 'system' || index === prompt.length - 1 ? { ...message, providerOptions: CACHED_UP_TO_HERE } : message)
}

export function toTools(tools: ToolSpec[]): LanguageModelV4FunctionTool[] {
  return tools.map(({ name, description, inputSchema }) => ({ type: 'function', name, description, inputSchema }))
}

function toMessage(message: ModelMessage, model: string): LanguageModelV4Message {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content }
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.content }] }
    case 'assistant':
      return { role: 'assistant', content: partsOf(message, model).flatMap(part => toContent(part, message)) }
    case 'tool':
      return {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: message.callId, toolName: message.tool, output: { type: 'text', value: message.content } }],
      }
  }
}

type Content = Extract<LanguageModelV4Message, { role: 'assistant' }>['content']
type Placed = Exclude<AnswerPart, { kind: 'text' }> | { kind: 'text', text: string, opaque?: AnswerPart['opaque'] }

/** As the model itself said it, when it is the same one and all of it is still there; else its text, then its calls. */
function partsOf({ content, toolCalls, continuation }: AssistantMessage, model: string): Placed[] {
  const plain: Placed[] = [{ kind: 'text', text: content }, ...toolCalls.map(({ id }) => ({ kind: 'call' as const, id }))]
  if (continuation?.model !== model)
    return plain
  let at = 0
  const parts = continuation.parts.map((part): Placed => {
    if (part.kind !== 'text')
      return part
    at += part.characters
    return { kind: 'text', text: content.slice(at - part.characters, at), opaque: part.opaque }
  })
  const isWhole = at === content.length && toolCalls.every(({ id }) => parts.some(part => part.kind === 'call' && part.id === id))
  return isWhole ? parts : plain
}

function toContent(part: Placed, { toolCalls }: AssistantMessage): Content {
  // It is the provider's own, and was JSON when it came.
  const opaque = part.opaque ? { providerOptions: part.opaque as SharedV4ProviderOptions } : {}
  if (part.kind === 'reasoning')
    return [{ type: 'reasoning', text: part.text, ...opaque }]
  if (part.kind === 'text')
    return part.text !== '' || part.opaque ? [{ type: 'text', text: part.text, ...opaque }] : []
  const call = toolCalls.find(({ id }) => id === part.id)
  return call ? [{ type: 'tool-call', toolCallId: call.id, toolName: call.tool, input: asObject(call.input), ...opaque }] : []
}

/** Endpoints want an object as arguments; what the model wrote instead is given back to it as it was. */
function asObject(input: unknown): unknown {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : { invalid: input ?? null }
}
