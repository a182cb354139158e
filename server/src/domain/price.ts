import { splitModel } from './model-name.ts'

/** US dollars per million tokens. */
export interface Rates {
  input: number
  output: number
  /** Of input that the provider had in its cache. */
  cachedInput: number
  /** Of input that the provider puts into its cache. */
  cacheWrite: number
  /** The same for an hour, where that costs more. */
  longCacheWrite: number
}

/** `above`: other rates for the whole of a call whose input is larger than so many tokens. */
export interface Price extends Rates {
  above: (Rates & { inputTokens: number }) | null
}

/** `provider/model` to its price; a `*` at the end of a name stands for anything. */
export interface PriceTable {
  /** Which list it is, for people: a date, a name. */
  version: string
  models: Record<string, Price>
}

export interface TokenUsage {
  /** All that the model read, from its cache or not. */
  inputTokens: number
  /** All that it wrote, thoughts too. */
  outputTokens: number
  cachedTokens?: number | undefined
  /** Written to the cache, for however long. */
  cacheWriteTokens?: number | undefined
  /** Those of them that are kept for an hour. */
  longCacheWriteTokens?: number | undefined
}

export interface Prices {
  /** Of every list that it was made of, the first one first. */
  versions: string[]
  /** null: nobody here knows what the model costs. */
  priceOf: (model: string) => Price | null
}

/** An earlier table wins over a later one, an exact name over a pattern, and a longer pattern over a shorter. */
export function createPrices(tables: PriceTable[]): Prices {
  return {
    versions: tables.map(({ version }) => version),
    priceOf(model) {
      const { provider, id } = splitModel(model)
      for (const { models } of tables) {
        const found = find(models, `${provider}/${id}`) ?? find(models, `${provider}/${withoutDate(id)}`)
        if (found)
          return found
      }
      return null
    },
  }
}

/** US dollars of one call. */
export function costOf(price: Price, usage: TokenUsage): number {
  const rates = price.above && usage.inputTokens > price.above.inputTokens ? price.above : price
  const cached = usage.cachedTokens ?? 0
  const written = usage.cacheWriteTokens ?? 0
  const long = Math.min(usage.longCacheWriteTokens ?? 0, written)
  const fresh = Math.max(0, usage.inputTokens - cached - written)
  const read = fresh * rates.input + cached * rates.cachedInput + (written - long) * rates.cacheWrite + long * rates.longCacheWrite
  const millionths = read + usage.outputTokens * rates.output
  return Math.round(millionths * 1e6) / 1e12 // to a millionth of a millionth, so that sums are not strewn with the last digits of fractions
}

/** Why a run that may call `models` must not begin; null when each of them has a price. Patterns are judged call by call. */
export function whyNoPrice(models: string[], priceOf: Prices['priceOf']): string | null {
  const unknown = models.find(model => !model.endsWith('*') && priceOf(model) === null)
  if (unknown === undefined)
    return null
  const mend = 'Add it to a list of your own (AGENTOS_PRICES), or say cost: unmetered in the manifest.'
  return `The price of ${unknown} is not known, and a run must not spend what nobody can count. ${mend}`
}

function find(models: Record<string, Price>, name: string): Price | null {
  if (Object.hasOwn(models, name))
    return models[name]!
  const patterns = Object.keys(models).filter(pattern => pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)))
  const longest = patterns.sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? null : models[longest]!
}

/** Vendors name a model's snapshots by their day, at the model's price unless a list says otherwise. */
function withoutDate(id: string): string {
  return id.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, '')
}
