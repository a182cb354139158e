import type { ModelDelta, ModelOutcome } from './call-model.ts'
import type { ModelMessage, ToolSpec } from './prompt.ts'
import type { ModelSettings, Provider } from './providers.ts'
import type { ModelTimeouts } from './watch-silence.ts'
import type { Wire, WireOptions } from './wire/open-wire.ts'
import { callModel } from './call-model.ts'
import { failure } from './failure.ts'
import { createProviders, whyUnknown } from './providers.ts'
import { allowModels } from './wire/allowed-models.ts'
import { createEndpoints } from './wire/endpoints.ts'
import { openWire } from './wire/open-wire.ts'

/** The only place that holds model keys. Everything else names a model as `provider/model`. */
export interface Gateway {
  /** Looks once whether a local Ollama answers; at most half a second. */
  start: () => Promise<void>
  /** The providers that can be used now: `openai`, `github`, `ollama`, and by a run's programs `claude` and `gemini`. */
  configured: () => string[]
  /** What to paste to switch a model on; null when one is on already. */
  howTo: () => string | null
  /** null when it can be called, else one sentence for a person that says why not and what to do. */
  canServe: (model: string) => string | null
  /** One turn of one model. Never throws: a failure comes back as a failure, and never as an answer. */
  call: (request: ModelRequest) => Promise<ModelOutcome>
  /** Can a run's own programs call one of `models`? null when they can, else why not and what to do. */
  whyNoWire: (models: string[]) => string | null
  /** Opens `models` to the programs of one run, in the formats of the vendors. */
  openWire: (options: Omit<WireOptions, 'models'> & { models: string[] }) => Promise<Wire>
}

export interface ModelRequest {
  model: string
  messages: ModelMessage[]
  tools: ToolSpec[]
  onDelta: (delta: ModelDelta) => void
  signal: AbortSignal
}

/** A slow local model may load for minutes before its first byte; one that has begun to speak may not fall silent as long. */
const TIMEOUTS: ModelTimeouts = { firstByteMs: 300_000, idleMs: 120_000 }

export function createGateway(settings: ModelSettings, timeouts: ModelTimeouts = TIMEOUTS): Gateway {
  const providers = createProviders(settings)
  const endpoints = createEndpoints(settings, providers)
  const usable = () => endpoints.filter(endpoint => endpoint.missing() === null)

  return {
    async start() {
      await Promise.all(providers.map(provider => provider.look()))
    },
    configured: () => usable().map(({ provider }) => provider),
    howTo: () => usable().length > 0 ? null : HOW_TO,
    canServe(model) {
      const found = find(providers, model)
      return 'problem' in found ? found.problem : found.provider.missing()
    },
    async call({ model, messages, tools, onDelta, signal }) {
      const found = find(providers, model)
      if ('problem' in found)
        return failure('bad_request', found.problem)
      const missing = found.provider.missing()
      if (missing)
        return failure('unavailable', missing)
      return callModel({ provider: found.provider, modelId: found.modelId, messages, tools, onDelta, signal, timeouts })
    },
    whyNoWire: models => allowModels(models, endpoints).whyNone(),
    openWire: options => openWire({ ...options, models: allowModels(options.models, endpoints) }),
  }
}

const HOW_TO = [
  'No model is configured. Set one of these where the server is started, then start it again:',
  '  OPENAI_API_KEY=sk-…                        OpenAI',
  '  OPENAI_BASE_URL=http://127.0.0.1:8000/v1   any OpenAI-compatible endpoint; OPENAI_API_KEY too when it asks for one',
  '  GITHUB_TOKEN=ghp_…                         GitHub Models',
  '  ANTHROPIC_API_KEY=sk-ant-…                 Claude, for command-line agents',
  '  GEMINI_API_KEY=…                           Gemini, for command-line agents',
  'or start Ollama on this machine (ollama serve); it is found by itself, elsewhere by OLLAMA_HOST.',
].join('\n')

function find(providers: Provider[], model: string): { provider: Provider, modelId: string } | { problem: string } {
  const slash = model.indexOf('/')
  const name = slash < 0 ? model : model.slice(0, slash)
  const modelId = slash < 0 ? '' : model.slice(slash + 1)
  const provider = providers.find(provider => provider.name === name)
  if (!provider)
    return { problem: whyUnknown(name, model) }
  if (!modelId)
    return { problem: `${model} names no model: write provider/model, for example ${provider.example}.` }
  return { provider, modelId }
}
