import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { ModelFailure } from './failure.ts'
import type { ModelMessage, ToolSpec } from './prompt.ts'
import type { Provider } from './providers.ts'
import type { ModelTimeouts } from './watch-silence.ts'
import { classify, failure } from './failure.ts'
import { toPrompt, toTools } from './prompt.ts'
import { parseToolInput } from './tool-input.ts'
import { watchSilence } from './watch-silence.ts'

export type ModelOutcome = ModelAnswer | ModelFailure

export interface ModelAnswer {
  ok: true
  text: string
  toolCalls: { id: string, tool: string, input: unknown }[]
  finish: 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other'
  usage: { inputTokens: number, outputTokens: number, cachedTokens?: number }
}

export interface ModelDelta { kind: 'text' | 'reasoning', text: string }

interface Call {
  provider: Provider
  modelId: string
  messages: ModelMessage[]
  tools: ToolSpec[]
  onDelta: (delta: ModelDelta) => void
  signal: AbortSignal
  timeouts: ModelTimeouts
}

/** One turn of a model, streamed. Never throws; the first reason to end wins. */
export async function callModel(call: Call): Promise<ModelOutcome> {
  const { provider, modelId, signal, timeouts } = call
  const silence = watchSilence(signal, timeouts)
  try {
    const { stream } = await provider.languageModel(modelId).doStream({
      prompt: toPrompt(call.messages),
      ...(call.tools.length > 0 && { tools: toTools(call.tools) }),
      abortSignal: silence.signal,
    })
    return await collect(stream, call, silence.heard)
  }
  catch (error) {
    if (signal.aborted)
      return failure('aborted', 'the call was stopped')
    const silentMs = silence.tooLongMs()
    if (silentMs !== null)
      return failure('unavailable', `${provider.name}/${modelId} sent nothing for ${silentMs / 1000} s.`)
    return classify(error, provider, modelId)
  }
  finally {
    silence.stop()
  }
}

/** Reads the stream to its end. A part that says "error" ends it: what came before is no answer. */
async function collect(stream: ReadableStream<LanguageModelV4StreamPart>, call: Call, heard: () => void): Promise<ModelAnswer> {
  let text = ''
  const toolCalls: ModelAnswer['toolCalls'] = []
  let finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | null = null

  for await (const part of stream) {
    // The SDK's own first part says nothing of the endpoint.
    if (part.type !== 'stream-start')
      heard()
    if (part.type === 'text-delta') {
      text += part.delta
      call.onDelta({ kind: 'text', text: part.delta })
    }
    else if (part.type === 'reasoning-delta') {
      call.onDelta({ kind: 'reasoning', text: part.delta })
    }
    else if (part.type === 'tool-call') {
      toolCalls.push({ id: part.toolCallId, tool: part.toolName, input: parseToolInput(part.input) })
    }
    else if (part.type === 'error') {
      throw part.error
    }
    else if (part.type === 'finish') {
      finish = part
    }
  }
  if (!finish)
    throw new Error('the stream ended without saying so')
  return { ok: true, text, toolCalls, finish: toolCalls.length > 0 ? 'tool_calls' : finishOf(finish.finishReason.unified), usage: usageOf(finish.usage) }
}

function finishOf(unified: string): ModelAnswer['finish'] {
  if (unified === 'stop' || unified === 'length')
    return unified
  return unified === 'content-filter' ? 'content_filter' : 'other'
}

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): ModelAnswer['usage'] {
  return {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(inputTokens.cacheRead !== undefined && { cachedTokens: inputTokens.cacheRead }),
  }
}
