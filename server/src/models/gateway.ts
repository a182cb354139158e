import type { Prices } from '../domain/price.ts'
import type { ModelOutcome } from './call-model.ts'
import type { ModelHealth } from './health.ts'
import type { ModelRequest } from './model-request.ts'
import type { ModelSettings, Provider } from './providers.ts'
import type { ModelTimeouts } from './watch-silence.ts'
import type { Wire, WireOptions } from './wire/open-wire.ts'
import { splitModel } from '../domain/model-name.ts'
import { PRICE_LIST } from '../domain/price-list.ts'
import { createPrices } from '../domain/price.ts'
import { callModel } from './call-model.ts'
import { failure } from './failure.ts'
import { createHealth } from './health.ts'
import { createProviders, whyUnknown } from './providers.ts'
import { allowModels } from './wire/allowed-models.ts'
import { createEndpoints } from './wire/endpoints.ts'
import { openWire } from './wire/open-wire.ts'

/** The only place that holds model keys. Everything else names a model as `provider/model`. */
export interface Gateway {
  /** Looks once whether a local Ollama answers; at most half a second. */
  start: () => Promise<void>
  /** The providers that can be used now, as a manifest calls them. */
  configured: () => string[]
  /** What to paste to switch a model on; null when one is on already. */
  howTo: () => string | null
  /** null when it can be called, else one sentence for a person that says why not and what to do. */
  canServe: (model: string) => string | null
  prices: Prices
  health: ModelHealth
  /** One turn of one model. Never throws: a failure comes back as a failure, and never as an answer. */
  call: (request: ModelRequest) => Promise<ModelOutcome>
  /** Can a run's own programs call one of `models`? null when they can, else why not and what to do. */
  whyNoWire: (models: string[]) => string | null
  /** Opens `models` to the programs of one run, in the formats of the vendors. */
  openWire: (options: Omit<WireOptions, 'models'> & { models: string[], mayBeUnpriced?: boolean }) => Promise<Wire>
}

/** A slow local model may load for minutes before its first byte; one that has begun to speak may not fall silent as long. */
const TIMEOUTS: ModelTimeouts = { firstByteMs: 300_000, idleMs: 120_000 }

export function createGateway(settings: ModelSettings, timeouts: ModelTimeouts = TIMEOUTS): Gateway {
  const providers = createProviders(settings)
  const endpoints = createEndpoints(settings, providers)
  const prices = createPrices(settings.prices ? [settings.prices, PRICE_LIST] : [PRICE_LIST])
  const usable = () => providers.filter(provider => provider.missing() === null)

  async function call({ model, messages, tools, temperature = null, maxOutputTokens, onDelta, signal }: ModelRequest): Promise<ModelOutcome> {
    const found = find(providers, model)
    if ('problem' in found)
      return { ...failure('bad_request', found.problem), isFree: true }
    const missing = found.provider.missing()
    if (missing)
      return { ...failure('unavailable', missing), isFree: true }
    const { provider, modelId } = found
    const bound = maxOutputTokens !== undefined && { maxOutputTokens }
    return callModel({ provider, modelId, messages, tools, temperature, ...bound, onDelta, signal, timeouts })
  }

  return {
    async start() {
      await Promise.all(providers.map(provider => provider.look()))
    },
    configured: () => usable().map(({ name }) => name),
    howTo: () => usable().length > 0 ? null : HOW_TO,
    canServe(model) {
      const found = find(providers, model)
      return 'problem' in found ? found.problem : found.provider.missing()
    },
    prices,
    health: createHealth(providers, { call, prices }),
    call,
    whyNoWire: models => allowModels(models, endpoints).whyNone(),
    openWire({ models, mayBeUnpriced = false, ...options }) {
      return openWire({ ...options, models: allowModels(models, endpoints, mayBeUnpriced ? null : prices.priceOf) })
    },
  }
}

const HOW_TO = [
  'No model is configured. Set one of these where the server is started, then start it again:',
  '  OPENAI_API_KEY=sk-…                        OpenAI',
  '  OPENAI_BASE_URL=http://127.0.0.1:8000/v1   any OpenAI-compatible endpoint; OPENAI_API_KEY too when it asks for one',
  '  GITHUB_TOKEN=ghp_…                         GitHub Models',
  '  ANTHROPIC_API_KEY=sk-ant-…                 Claude',
  '  GEMINI_API_KEY=…                           Gemini',
  '  COHERE_API_KEY=…                           Cohere',
  '  AGENTOS_ENDPOINTS=groq=https://…,…         others that speak OpenAI\'s language, by name',
  'or start Ollama on this machine (ollama serve); it is found by itself, elsewhere by OLLAMA_HOST.',
].join('\n')

function find(providers: Provider[], model: string): { provider: Provider, modelId: string } | { problem: string } {
  const { provider: name, id: modelId } = splitModel(model)
  const provider = providers.find(provider => provider.name === name)
  if (!provider)
    return { problem: whyUnknown(model, providers) }
  if (!modelId)
    return { problem: `${model} names no model: write provider/model, for example ${provider.example}.` }
  return { provider, modelId }
}
