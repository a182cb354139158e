import type { Prices } from '../../domain/price.ts'
import type { Endpoint } from './endpoints.ts'
import type { WireFormat } from './route.ts'
import { splitModel } from '../../domain/model-name.ts'
import { whyNoPrice } from '../../domain/price.ts'

/** Which models a run may call, as its manifest names them: `provider/model`, where a `*` at the end stands for anything. */
export interface AllowedModels {
  /** The first of the manifest's that speaks `format` and is called `id`. */
  find: (format: WireFormat, id: string | null) => { ok: true, endpoint: Endpoint, model: string } | { ok: false, problem: string }
  /** Those that have a full name, as the wire calls them. */
  list: () => { id: string, provider: string }[]
  /** What can be spoken: a model is there for it, and its provider can be called. */
  formats: () => WireFormat[]
  /** null when at least one can be called; else why none can, and what to do. */
  whyNone: () => string | null
}

/** What may stand in a path, a header or a log. */
const MODEL_ID = /^[\w.:@/-]{1,200}$/

/** `priceOf`: null where a model whose price nobody knows may be called all the same. */
export function allowModels(models: string[], endpoints: Endpoint[], priceOf: Prices['priceOf'] | null = null): AllowedModels {
  const entries = models.map((name) => {
    const { provider, id } = splitModel(name)
    const endpoint = endpoints.find(endpoint => endpoint.provider === provider) ?? null
    return { name, id, endpoint, isMeant: (wanted: string) => id.endsWith('*') ? wanted.startsWith(id.slice(0, -1)) : wanted === id }
  })
  const usable = () => entries.flatMap(entry => entry.endpoint && entry.endpoint.missing() === null ? [{ ...entry, endpoint: entry.endpoint }] : [])

  return {
    find(format, id) {
      if (id === null || !MODEL_ID.test(id))
        return { ok: false, problem: `Expected the name of a model, got ${id === null ? 'nothing' : JSON.stringify(id.slice(0, 100))}. ${namesOf(models)}` }
      const found = entries.find(({ endpoint, isMeant }) => endpoint?.formats.includes(format) && isMeant(id))
      if (!found?.endpoint)
        return { ok: false, problem: `This run may not call ${JSON.stringify(id)} as ${SPOKEN[format]}. ${namesOf(models)}` }
      const model = `${found.endpoint.provider}/${id}`
      const problem = found.endpoint.missing() ?? (priceOf && whyNoPrice([model], priceOf))
      return problem === null ? { ok: true, endpoint: found.endpoint, model } : { ok: false, problem }
    },
    list: () => usable().filter(({ id }) => !id.includes('*')).map(({ id, endpoint }) => ({ id, provider: endpoint.provider })),
    formats: () => [...new Set(usable().flatMap(({ endpoint }) => endpoint.formats))],
    whyNone: () => usable().length > 0
      ? null
      : entries.map(({ name, endpoint }) => endpoint?.missing() ?? `${JSON.stringify(name)} names no provider that a run's programs can call. Expected ${endpoints.map(({ provider }) => `${provider}/…`).join(', ')}.`).join(' '),
  }
}

const SPOKEN: Record<WireFormat, string> = { chat: 'OpenAI chat', responses: 'OpenAI Responses', messages: 'Anthropic messages', gemini: 'Gemini' }

function namesOf(models: string[]): string {
  return `Its manifest allows: ${models.join(', ')}.`
}
