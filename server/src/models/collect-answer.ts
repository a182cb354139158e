import type { LanguageModelV4StreamPart, LanguageModelV4Usage, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { AnswerPart } from '../domain/continuation.ts'
import type { ModelAnswer, ModelDelta } from './model-answer.ts'
import { parseToolInput } from './tool-input.ts'
import { countOf, recordOf } from './wire/said.ts'

/** The stream ended before the answer did. */
export class CutOffError extends Error {}
/** The provider says that it has done, and has said nothing. */
export class EmptyAnswerError extends Error {
  readonly usage: ModelAnswer['usage']

  constructor(usage: ModelAnswer['usage']) {
    super('it has said nothing')
    this.usage = usage
  }
}

interface Collecting {
  /** `provider/model` */
  model: string
  onDelta: (delta: ModelDelta) => void
  heard: () => void
}

type Finish = Extract<LanguageModelV4StreamPart, { type: 'finish' }>

/** Reads the stream to its end. A part that says "error" ends it: what came before is no answer. Throws that part, or one of the errors above. */
export async function collectAnswer(stream: ReadableStream<LanguageModelV4StreamPart>, { model, onDelta, heard }: Collecting): Promise<ModelAnswer> {
  const toolCalls: ModelAnswer['toolCalls'] = []
  const parts = createParts()
  let text = ''
  let finish: Finish | null = null

  for await (const part of stream) {
    // The SDK's own first part says nothing of the endpoint.
    if (part.type !== 'stream-start')
      heard()
    switch (part.type) {
      case 'text-start':
      case 'text-end':
        parts.text(part.id, '', part.providerMetadata)
        break
      case 'text-delta':
        text += part.delta
        parts.text(part.id, part.delta, part.providerMetadata)
        if (part.delta !== '')
          onDelta({ kind: 'text', text: part.delta })
        break
      case 'reasoning-start':
      case 'reasoning-end':
        parts.reasoning(part.id, '', part.providerMetadata)
        break
      case 'reasoning-delta':
        parts.reasoning(part.id, part.delta, part.providerMetadata)
        if (part.delta !== '')
          onDelta({ kind: 'reasoning', text: part.delta })
        break
      case 'tool-call':
        toolCalls.push({ id: part.toolCallId, tool: part.toolName, input: parseToolInput(part.input) })
        parts.call(part.toolCallId, part.providerMetadata)
        break
      case 'error':
        throw part.error
      case 'finish':
        finish = part
    }
  }
  // Some libraries end a stream that was cut as if it had ended, with no word of the provider's.
  if (!finish || (finish.finishReason.raw === undefined && finish.finishReason.unified !== 'stop' && finish.finishReason.unified !== 'tool-calls'))
    throw new CutOffError('the stream ended without saying so')
  if (finish.finishReason.unified === 'error')
    throw new Error(`it ended with an error (${finish.finishReason.raw})`)
  if (text === '' && toolCalls.length === 0 && (finish.finishReason.unified === 'stop' || finish.finishReason.unified === 'tool-calls'))
    throw new EmptyAnswerError(usageOf(finish.usage))
  const opaque = parts.all()
  return {
    ok: true,
    text,
    toolCalls,
    finish: toolCalls.length > 0 ? 'tool_calls' : finishOf(finish.finishReason.unified),
    usage: usageOf(finish.usage),
    ...(opaque !== null && { continuation: { model, parts: opaque } }),
  }
}

/** The answer in the order in which it came, with what the provider wants back of it. */
function createParts() {
  const parts: AnswerPart[] = []
  const byId = new Map<string, AnswerPart>()

  function open<P extends AnswerPart>(id: string, made: P, metadata: SharedV4ProviderMetadata | undefined): P {
    const known = byId.get(id) as P | undefined // an id stands for parts of one kind
    const part = known ?? made
    if (!known) {
      parts.push(part)
      byId.set(id, part)
    }
    if (metadata)
      part.opaque = merge(part.opaque, metadata)
    return part
  }

  return {
    text(id: string, delta: string, metadata?: SharedV4ProviderMetadata): void {
      open(`text ${id}`, { kind: 'text', characters: 0 }, metadata).characters += delta.length
    },
    reasoning(id: string, delta: string, metadata?: SharedV4ProviderMetadata): void {
      open(`reasoning ${id}`, { kind: 'reasoning', text: '' }, metadata).text += delta
    },
    call(id: string, metadata?: SharedV4ProviderMetadata): void {
      open(`call ${id}`, { kind: 'call', id }, metadata)
    },
    /** null: nothing of it has to go back. */
    all: () => parts.some(({ opaque }) => opaque !== undefined) ? parts : null,
  }
}

function merge(known: AnswerPart['opaque'], said: SharedV4ProviderMetadata): AnswerPart['opaque'] {
  const merged = { ...known }
  for (const [provider, values] of Object.entries(said))
    merged[provider] = { ...merged[provider], ...values }
  return merged
}

function finishOf(unified: string): ModelAnswer['finish'] {
  if (unified === 'stop' || unified === 'length')
    return unified
  return unified === 'content-filter' ? 'content_filter' : 'other'
}

function usageOf({ inputTokens, outputTokens, raw }: LanguageModelV4Usage): ModelAnswer['usage'] {
  // What the SDK leaves out of its own words: Claude's hour, and what others than OpenAI itself say as OpenAI does.
  const long = countOf(recordOf(raw?.cache_creation).ephemeral_1h_input_tokens)
  const written = inputTokens.cacheWrite ?? countOf(recordOf(raw?.prompt_tokens_details).cache_write_tokens)
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(inputTokens.cacheRead !== undefined && { cachedTokens: inputTokens.cacheRead }),
    ...(written && { cacheWriteTokens: written }),
    ...(long && { longCacheWriteTokens: long }),
    ...(outputTokens.reasoning && { reasoningTokens: outputTokens.reasoning }),
  }
}
