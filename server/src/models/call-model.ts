import type { ModelFailure } from './failure.ts'
import type { ModelAnswer, ModelDelta } from './model-answer.ts'
import type { ModelMessage, ToolSpec } from './prompt.ts'
import type { Provider } from './providers.ts'
import type { ModelTimeouts } from './watch-silence.ts'
import { collectAnswer } from './collect-answer.ts'
import { classify, failure } from './failure.ts'
import { toPrompt, toTools } from './prompt.ts'
import { watchSilence } from './watch-silence.ts'

export type ModelOutcome = ModelAnswer | ModelFailure

interface Call {
  provider: Provider
  modelId: string
  messages: ModelMessage[]
  tools: ToolSpec[]
  temperature: number | null
  onDelta: (delta: ModelDelta) => void
  /** Of the answer; left out: the provider's own. */
  maxOutputTokens?: number
  signal: AbortSignal
  timeouts: ModelTimeouts
}

/** One turn of a model, streamed. Never throws; the first reason to end wins. */
export async function callModel(call: Call): Promise<ModelOutcome> {
  const { provider, modelId, signal, timeouts } = call
  const model = `${provider.name}/${modelId}`
  const silence = watchSilence(signal, timeouts)
  try {
    const languageModel = await provider.languageModel(modelId)
    const { stream } = await languageModel.doStream({
      prompt: toPrompt(call.messages, model),
      ...(call.temperature !== null && { temperature: call.temperature }),
      ...(call.tools.length > 0 && { tools: toTools(call.tools) }),
      ...(call.maxOutputTokens !== undefined && { maxOutputTokens: call.maxOutputTokens }),
      providerOptions: provider.options,
      abortSignal: silence.signal,
    })
    return await collectAnswer(stream, { model, onDelta: call.onDelta, heard: silence.heard })
  }
  catch (error) {
    if (signal.aborted)
      return failure('aborted', 'the call was stopped')
    const silentMs = silence.tooLongMs()
    if (silentMs !== null)
      return failure('unavailable', `${model} sent nothing for ${silentMs / 1000} s.`)
    return classify(error, provider, modelId)
  }
  finally {
    silence.stop()
  }
}
