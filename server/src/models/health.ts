import type { Prices } from '../domain/price.ts'
import type { ModelTestResult, ProviderView } from '../domain/views/system.ts'
import type { ModelOutcome } from './call-model.ts'
import type { ModelRequest } from './model-request.ts'
import type { Provider } from './providers.ts'
import { splitModel } from '../domain/model-name.ts'
import { costOf } from '../domain/price.ts'

/** How the providers are, for people: what is set, which models there are, and whether a real call goes through. */
export interface ModelHealth {
  providers: () => ProviderView[]
  /** What the provider itself lists; `problem` says why it cannot be had. */
  list: (provider: string) => Promise<{ models: string[] } | { problem: string }>
  /** One small call, which may cost a fraction of a cent. */
  test: (model: string) => Promise<ModelTestResult>
}

const LIST_TIMEOUT_MS = 10_000
const TEST_TIMEOUT_MS = 60_000
/** A model that thinks may need them all for its thoughts; then it has answered all the same. */
const TEST_OUTPUT_TOKENS = 64
/** At a time: each costs money. */
const MAX_TESTS = 2

interface HealthOptions { call: (request: ModelRequest) => Promise<ModelOutcome>, prices: Prices }

export function createHealth(providers: Provider[], { call, prices }: HealthOptions): ModelHealth {
  let tests = 0

  return {
    providers: () => providers.map(({ name, title, example, keyName, secret, baseUrl, missing }) =>
      ({ name, title, example, keyName, hasKey: secret !== null, host: new URL(baseUrl).host, problem: missing() })),

    async list(name) {
      const provider = providers.find(one => one.name === name)
      const problem = provider ? provider.missing() : `There is no provider ${JSON.stringify(name)} here.`
      if (!provider || problem !== null)
        return { problem: problem ?? '' }
      try {
        return { models: await provider.listModels(AbortSignal.timeout(LIST_TIMEOUT_MS)) }
      }
      catch (error) {
        return { problem: `${provider.title} did not say which models it has: ${wordsOf(error, provider.secret)}.` }
      }
    },

    async test(model) {
      if (tests >= MAX_TESTS)
        return { ok: false, kind: 'rate_limited', message: `${MAX_TESTS} tests are under way, which is the most at a time; try again when one has ended.`, latencyMs: 0 }
      tests++
      const startedAt = performance.now()
      try {
        const messages = [{ role: 'user' as const, content: 'Answer with the one word: ready' }]
        const signal = AbortSignal.timeout(TEST_TIMEOUT_MS)
        const outcome = await call({ model, messages, tools: [], maxOutputTokens: TEST_OUTPUT_TOKENS, onDelta: () => {}, signal })
        const latencyMs = Math.round(performance.now() - startedAt)
        if (!outcome.ok) {
          const message = signal.aborted ? `${model} did not answer within ${TEST_TIMEOUT_MS / 1000} s.` : outcome.message
          return { ok: false, kind: outcome.kind, message, latencyMs }
        }
        const price = prices.priceOf(model)
        const { usage, text } = outcome
        return { ok: true, model: fullName(model), text: text.slice(0, 200), latencyMs, usage, costUsd: price && costOf(price, usage) }
      }
      finally {
        tests--
      }
    },
  }
}

function fullName(model: string): string {
  const { provider, id } = splitModel(model)
  return `${provider}/${id}`
}

function wordsOf(error: unknown, secret: string | null): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const words = cause instanceof Error ? cause.message : String(cause)
  return (secret ? words.replaceAll(secret, '[key]') : words).replaceAll(/\s+/g, ' ').slice(0, 200)
}
