import type { Price } from '../domain/price.ts'
import { nanosOf } from '../domain/budget.ts'
import { costOf } from '../domain/price.ts'

/** What a call costs at most, in billionths of a dollar: whatever of its question was cached, is put into a cache, or was not. */
export function worstCost(price: Price, inputTokens: number, outputTokens: number): number {
  const ways = [{}, { cachedTokens: inputTokens }, { cacheWriteTokens: inputTokens }, { cacheWriteTokens: inputTokens, longCacheWriteTokens: inputTokens }]
  return nanosOf(Math.max(...ways.map(way => costOf(price, { inputTokens, outputTokens, ...way }))))
}
