import type { Price, PriceTable } from './price.ts'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'

const dollars = z.number({ error: 'a number of US dollars per million tokens' }).min(0, { error: 'a price that is not below zero' }).max(100_000, { error: 'US dollars per million tokens, at most 100000' })

const rates = {
  input: dollars,
  output: dollars,
  cachedInput: dollars.optional(),
  cacheWrite: dollars.optional(),
  longCacheWrite: dollars.optional(),
}

const file = z.strictObject({
  version: z.string({ error: 'a text that says which list it is' }).min(1).max(100),
  models: z.record(
    z.string().regex(/^[A-Z0-9][\w.-]*\/\S{1,200}$/i),
    z.strictObject({ ...rates, above: z.strictObject({ inputTokens: z.int().min(1), ...rates }, { error: mapping('{ inputTokens: 200000, input: 2.5, output: 15 }') }).optional() }, { error: mapping('{ input: 1.25, output: 10 }') }),
    { error: issue => issue.code === 'invalid_key' ? 'a name such as openai/gpt-6-sol or local/*' : 'a mapping of models to prices' },
  ),
}, { error: mapping('{ version: 2026-11, models: {} }') })

function mapping(example: string): (issue: { code: string, keys?: unknown }) => string {
  return ({ code, keys }) => code === 'unrecognized_keys' && Array.isArray(keys) ? `no ${keys.join(', ')}, but keys as in ${example}` : `a mapping such as ${example}`
}

type RatesOfFile = Pick<z.output<typeof file>['models'][string], keyof typeof rates>

const MAX_FILE_CHARS = 1_000_000

/** A price list that somebody wrote, in JSON or YAML. What is cached costs as much as what is not, unless it says otherwise. */
export function parsePriceFile(text: string): { ok: true, table: PriceTable } | { ok: false, problem: string } {
  if (text.length > MAX_FILE_CHARS)
    return { ok: false, problem: `expected at most ${MAX_FILE_CHARS} characters, got ${text.length}` }
  let value: unknown
  try {
    value = parse(text)
  }
  catch (error) {
    if (error instanceof YAMLParseError || error instanceof ReferenceError)
      return { ok: false, problem: `expected JSON or YAML: ${error.message.split('\n', 1)[0]}` }
    throw error
  }
  const result = file.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    return { ok: false, problem: `expected ${issue!.message}${issue!.path.length > 0 ? ` at ${issue!.path.join(' → ')}` : ''}` }
  }
  const { version, models } = result.data
  return { ok: true, table: { version, models: Object.fromEntries(Object.entries(models).map(([name, price]) => [name, complete(price)])) } }
}

function complete({ above, ...price }: z.output<typeof file>['models'][string]): Price {
  return { ...completeRates(price), above: above ? { inputTokens: above.inputTokens, ...completeRates(above) } : null }
}

function completeRates({ input, output, cachedInput, cacheWrite, longCacheWrite }: RatesOfFile): Omit<Price, 'above'> {
  const written = cacheWrite ?? input
  return { input, output, cachedInput: cachedInput ?? input, cacheWrite: written, longCacheWrite: longCacheWrite ?? written }
}
