import type { ModelUsage } from '../../domain/event.ts'

/** What a provider said, of which nothing is sure: each answers the value when it is of that kind, else nothing. */

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {} // keys may be anything
}

export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(recordOf) : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** More than any answer has is no count. */
const MOST_TOKENS = 1_000_000_000

/** undefined when it is no count. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS ? value : undefined
}

interface Counts { reasoning?: unknown, cacheWrite?: unknown, longCacheWrite?: unknown }

/** For answer.usage: what the vendor does not say is left as it was. */
export function usageOf(input: unknown, output: unknown, cached: unknown, more: Counts = {}): Partial<ModelUsage> {
  const [inputTokens, outputTokens, cachedTokens] = [countOf(input), countOf(output), countOf(cached)]
  const [reasoningTokens, cacheWriteTokens, longCacheWriteTokens] = [countOf(more.reasoning), countOf(more.cacheWrite), countOf(more.longCacheWrite)]
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
    ...(reasoningTokens && { reasoningTokens }),
    ...(cacheWriteTokens && { cacheWriteTokens }),
    ...(longCacheWriteTokens && { longCacheWriteTokens }),
  }
}

/** The words of an `error` object, of whatever vendor; null when there is none. */
export function errorOf(value: unknown): string | null {
  if (typeof value === 'string')
    return value
  const error = recordOf(value)
  const words = textOf(error.message) || textOf(error.type) || textOf(error.code)
  return typeof value === 'object' && value !== null ? words || 'no reason given' : null
}
