import type { NewEvent } from '../domain/event.ts'
import type { Span } from './span.ts'
import { splitModel } from '../domain/model-name.ts'

type Data<T extends NewEvent['type']> = Extract<NewEvent, { type: T }>['data']

/** As the conventions for generative AI call those that they know; any other goes by its own name. */
const PROVIDERS: Record<string, string> = { claude: 'anthropic', gemini: 'gcp.gemini' }

/** Names, counts and outcomes by OpenTelemetry's conventions for generative AI; never what was asked or answered. */
export function attributesOfChat({ model, finish, usage, costUsd, error }: Data<'model.responded'>): Span['attributes'] {
  const { provider, id } = splitModel(model)
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider]! : provider,
    'gen_ai.request.model': id,
    'gen_ai.response.finish_reasons': [error === undefined ? finish : 'error'],
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    ...usage.cachedTokens !== undefined && { 'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens },
    ...usage.cacheWriteTokens !== undefined && { 'gen_ai.usage.cache_creation.input_tokens': usage.cacheWriteTokens },
    ...costUsd !== null && { 'agentos.cost_usd': costUsd },
    ...error !== undefined && { 'error.type': '_OTHER' },
  }
}

export function attributesOfTool({ tool, call, status }: Data<'tool.finished'>): Span['attributes'] {
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    'gen_ai.tool.call.id': call,
    ...status !== 'succeeded' && { 'error.type': status },
  }
}

export function attributesOfRun(agent: string, { status, reason, steps, tokens, costUsd, survivors }: Data<'run.ended'>): Span['attributes'] {
  return {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': agent,
    'agentos.run.status': status,
    'agentos.run.reason': reason,
    'agentos.run.steps': steps,
    'agentos.run.tokens': tokens,
    'agentos.run.survivors': survivors,
    ...costUsd !== null && { 'agentos.cost_usd': costUsd },
    ...status === 'failed' && { 'error.type': reason },
  }
}
