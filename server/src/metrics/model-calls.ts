import type { NewEvent } from '../domain/event.ts'
import type { Instruments } from './instruments.ts'
import { splitModel } from '../domain/model-name.ts'
import { boundNames, OTHER } from './bounded-names.ts'
import { LONG_BUCKETS } from './instruments.ts'

type Answer = Extract<NewEvent, { type: 'model.responded' }>['data']

const KINDS = [
  ['input', 'inputTokens'],
  ['output', 'outputTokens'],
  ['cached', 'cachedTokens'],
  ['cache_write', 'cacheWriteTokens'],
  ['reasoning', 'reasoningTokens'],
] as const

/** Models by name in one process; a manifest may name whatever it likes. */
const MAX_MODELS = 50

/** Calls of runs to models, as their logs say them. `providers`: those that are known here; what else a manifest names is `other`. */
export function createModelCalls({ counter, histogram }: Instruments, providers: string[]): { responded: (answer: Answer) => void } {
  const calls = counter('agentos_model_calls_total', 'Calls of runs to models, by how they ended (stop, tool_calls, length, content_filter, other, or error)', ['provider', 'model', 'outcome'])
  const duration = histogram('agentos_model_call_duration_seconds', 'From the question to the whole answer', LONG_BUCKETS, ['provider', 'outcome'])
  const tokens = counter('agentos_model_tokens_total', 'Tokens, as the provider counted them; cached and cache_write are parts of input, reasoning is a part of output', ['provider', 'model', 'kind'])
  const cost = counter('agentos_model_cost_usd_total', 'What calls cost by the price list, in US dollars', ['provider', 'model'])
  const unpriced = counter('agentos_model_calls_unpriced_total', 'Calls whose price nobody knows', ['provider'])
  const known = new Set(providers)
  const bounded = boundNames(MAX_MODELS)

  return {
    responded({ model: name, finish, error, usage, costUsd, durationMs }) {
      const { provider: asked, id } = splitModel(name)
      const provider = known.has(asked) ? asked : OTHER
      const model = provider === OTHER ? OTHER : bounded(id)
      const outcome = error === undefined ? finish : 'error'
      calls.inc({ provider, model, outcome })
      duration.observe({ provider, outcome: outcome === 'error' ? 'error' : 'answered' }, durationMs / 1000)
      for (const [kind, of] of KINDS) {
        const count = usage[of] ?? 0
        if (count > 0)
          tokens.inc({ provider, model, kind }, count)
      }
      if (costUsd !== null)
        cost.inc({ provider, model }, costUsd)
      else if (usage.inputTokens + usage.outputTokens > 0)
        unpriced.inc({ provider })
    },
  }
}
