import { expect, it } from 'vitest'
import { parsePriceFile } from './price-file.ts'
import { flat, PRICE_LIST } from './price-list.ts'
import { costOf, createPrices, whyNoPrice } from './price.ts'

const prices = createPrices([PRICE_LIST])
const cost = (model: string, usage: Parameters<typeof costOf>[1]) => costOf(prices.priceOf(model)!, usage)

it('a call costs what was read, cached, written to the cache and answered', () => {
  expect(cost('openai/gpt-5', { inputTokens: 1000, cachedTokens: 400, outputTokens: 100 })).toBe((600 * 1.25 + 400 * 0.125 + 100 * 10) / 1e6)
  expect(cost('claude/claude-sonnet-4-6', { inputTokens: 10_000, cachedTokens: 2000, cacheWriteTokens: 5000, longCacheWriteTokens: 1000, outputTokens: 10 }))
    .toBe((3000 * 3 + 2000 * 0.3 + 4000 * 3.75 + 1000 * 6 + 10 * 15) / 1e6)
  expect(cost('ollama/qwen3:8b', { inputTokens: 1e6, outputTokens: 1e6 })).toBe(0)
})

it.each([
  ['claude/claude-opus-5', { input: 5, output: 25, cachedInput: 0.5, cacheWrite: 6.25, longCacheWrite: 10 }],
  ['claude/claude-opus-5-5', { input: 4, output: 20, cachedInput: 0.2, cacheWrite: 5, longCacheWrite: 8 }],
  ['openai/gpt-5.5', { input: 5, output: 30, cachedInput: 0.5, cacheWrite: 5, longCacheWrite: 5 }],
  ['openai/gpt-6.2-sol', { input: 2, output: 10, cachedInput: 0.1, cacheWrite: 2.5, longCacheWrite: 5 }],
])('the cache of %s costs what its vendor asks', (model, rates) => {
  expect(prices.priceOf(model)).toMatchObject(rates)
})

it('a long input has its own rates, for the whole call', () => {
  expect(cost('gemini/gemini-2.5-pro', { inputTokens: 200_000, outputTokens: 1000 })).toBe(0.26)
  expect(cost('gemini/gemini-2.5-pro', { inputTokens: 200_001, outputTokens: 1000 })).toBeCloseTo(0.5150025, 12)
  const cached = { cachedTokens: 40_000, cacheWriteTokens: 30_000, longCacheWriteTokens: 10_000, outputTokens: 1000 }
  expect(cost('claude/claude-haiku-5-5', { inputTokens: 100_000, ...cached }))
    .toBe((30_000 * 0.1 + 40_000 * 0.01 + 20_000 * 0.125 + 10_000 * 0.2 + 1000 * 0.5) / 1e6)
  expect(cost('claude/claude-haiku-5-5', { inputTokens: 100_001, ...cached }))
    .toBe((30_001 * 0.5 + 40_000 * 0.05 + 20_000 * 0.625 + 10_000 * 1 + 1000 * 2.5) / 1e6)
  expect(cost('openai/gpt-6.2-sol', { inputTokens: 300_000, ...cached }))
    .toBe((230_000 * 4 + 40_000 * 0.2 + 20_000 * 5 + 10_000 * 10 + 1000 * 15) / 1e6)
})

it('a snapshot costs what its model does, unless the list knows better; a provider is known by its other name too', () => {
  expect(prices.priceOf('openai/gpt-5-2025-08-07')).toEqual(prices.priceOf('openai/gpt-5'))
  expect(prices.priceOf('anthropic/claude-haiku-4-5-20251001')).toEqual(prices.priceOf('claude/claude-haiku-4-5'))
  expect(prices.priceOf('google/gemini-2.5-flash')?.input).toBe(0.3)
  const { priceOf } = createPrices([{ version: 'ours', models: { 'openai/gpt-4o': flat(2.5, 10), 'openai/gpt-4o-2024-05-13': flat(5, 15) } }])
  expect([priceOf('openai/gpt-4o-2024-05-13')?.input, priceOf('openai/gpt-4o-2024-08-06')?.input]).toEqual([5, 2.5])
})

it('what nobody knows has no price, and refuses a run', () => {
  expect([prices.priceOf('openai/gpt-99'), prices.priceOf('openai'), prices.priceOf('openai/__proto__')]).toEqual([null, null, null])
  expect(whyNoPrice(['openai/gpt-5', 'openai/gpt-99'], prices.priceOf)).toMatch(/openai\/gpt-99.*AGENTOS_PRICES.*cost: unmetered/)
  expect(whyNoPrice(['openai/gpt-5', 'claude/*'], prices.priceOf)).toBeNull()
})

it('a list of one\'s own wins, and its longest pattern', () => {
  const own = parsePriceFile('version: ours\nmodels:\n  openai/gpt-5: { input: 1, output: 2, cachedInput: 0.5 }\n  openai/*: { input: 7, output: 7 }\n  openai/gpt-5-*: { input: 3, output: 4, cacheWrite: 5, above: { inputTokens: 10, input: 30, output: 40 } }\n')
  if (!own.ok)
    throw new Error(own.problem)
  const { priceOf, versions } = createPrices([own.table, PRICE_LIST])
  expect(versions).toEqual(['ours', PRICE_LIST.version])
  expect(priceOf('openai/gpt-5')).toEqual({ input: 1, output: 2, cachedInput: 0.5, cacheWrite: 1, longCacheWrite: 1, above: null })
  expect(priceOf('openai/gpt-5-x')).toEqual({ input: 3, output: 4, cachedInput: 3, cacheWrite: 5, longCacheWrite: 5, above: { inputTokens: 10, ...flat(30, 40), above: undefined } })
  expect([priceOf('openai/other')?.input, priceOf('claude/claude-opus-5')?.input]).toEqual([7, 5])
})

it.each([
  ['models: {}', /version/],
  ['version: x\nmodels: { gpt-5: { input: 1, output: 1 } }', /name such as openai\/gpt-6-sol/],
  ['version: x\nmodels: { a/b: { input: -1, output: 1 } }', /not below zero at models → a\/b → input/],
  ['version: x\nmodels: { a/b: { input: "1", output: 1 } }', /number of US dollars/],
  ['version: x\nmodels: { a/b: { input: 1, output: 1, ouput: 2 } }', /ouput/],
  ['{', /JSON or YAML/],
  ['- 1', /version: 2026-11, models/],
])('a list that is wrong is refused in a sentence: %s', (text, problem) => {
  const result = parsePriceFile(text)
  expect(result.ok ? '' : result.problem).toMatch(problem)
})

it('every price of the list is a number that makes sense', () => {
  for (const [name, price] of Object.entries(PRICE_LIST.models)) {
    expect(price.output, name).toBeGreaterThanOrEqual(price.input)
    expect(price.cachedInput, name).toBeLessThanOrEqual(price.input)
    expect(price.above?.input ?? Infinity, name).toBeGreaterThan(price.input)
  }
})
