import type { Price, PriceTable, Rates } from './price.ts'

/**
 * What the vendors ask for a million tokens, in US dollars: their standard tier, paid by the token, text in and out. Only prices that
 * their public lists say and that have no end date; what is missing has to be added by whoever knows it (AGENTOS_PRICES).
 *
 * - OpenAI: https://developers.openai.com/api/docs/pricing
 * - Claude: https://platform.claude.com/docs/en/about-claude/pricing
 * - Gemini: https://ai.google.dev/gemini-api/docs/pricing
 * - Cohere: https://cohere.com/pricing, and what it says of models for existing customers
 * - Ollama: one's own machine
 *
 * GitHub Models bills by units of its own and is not listed.
 */
export const PRICE_LIST: PriceTable = {
  version: 'AgentOS 2026-11',
  models: {
    'openai/gpt-6.2-astra': sinceGpt56(8, 0.4, 40),
    'openai/gpt-6.2-sol': sinceGpt56(2, 0.1, 10),
    'openai/gpt-6.1-sol': sinceGpt56(2, 0.1, 10),
    'openai/gpt-6.1-terra': sinceGpt56(1, 0.05, 5),
    'openai/gpt-6-astra': sinceGpt56(10, 1, 50),
    'openai/gpt-6-sol': sinceGpt56(2, 0.2, 10),
    'openai/gpt-6-luna': sinceGpt56(0.1, 0.01, 0.5),
    'openai/gpt-5.6-terra': sinceGpt56(2, 0.2, 12),
    'openai/gpt-5.6-luna': sinceGpt56(0.2, 0.02, 1.2),
    'openai/gpt-5.5': openai(5, 0.5, 30, { above: 272_000, input: 10, cachedInput: 1, output: 45 }),
    'openai/gpt-5.4': openai(2.5, 0.25, 15, { above: 272_000, input: 5, cachedInput: 0.5, output: 22.5 }),
    'openai/gpt-5.4-mini': openai(0.75, 0.075, 4.5),
    'openai/gpt-5.4-nano': openai(0.2, 0.02, 1.25),
    'openai/gpt-5.3-codex': openai(1.75, 0.175, 14),
    'openai/gpt-5.2': openai(1.75, 0.175, 14),
    'openai/gpt-5.2-pro': openai(21, 21, 168),
    'openai/gpt-5.1': openai(1.25, 0.125, 10),
    'openai/gpt-5': openai(1.25, 0.125, 10),
    'openai/gpt-5-mini': openai(0.25, 0.025, 2),
    'openai/gpt-5-nano': openai(0.05, 0.005, 0.4),
    'openai/gpt-5-pro': openai(15, 15, 120),
    'openai/gpt-4.1': openai(2, 0.5, 8),
    'openai/gpt-4.1-mini': openai(0.4, 0.1, 1.6),
    'openai/gpt-4o': openai(2.5, 1.25, 10),
    'openai/gpt-4o-mini': openai(0.15, 0.075, 0.6),
    'openai/o3': openai(2, 0.5, 8),

    'claude/claude-fable-5-2': claude(8, 40, 0.2),
    'claude/claude-fable-5-1': claude(10, 50, 0.25),
    'claude/claude-fable-5': claude(10, 50),
    'claude/claude-mythos-5-1': claude(10, 50, 0.25),
    'claude/claude-mythos-5': claude(10, 50),
    'claude/claude-opus-5-5': claude(4, 20, 0.2),
    'claude/claude-opus-5': claude(5, 25),
    'claude/claude-opus-4-8': claude(5, 25),
    'claude/claude-opus-4-7': claude(5, 25),
    'claude/claude-opus-4-6': claude(5, 25),
    'claude/claude-opus-4-5': claude(5, 25),
    'claude/claude-sonnet-5-5': claude(2, 10, 0.1),
    'claude/claude-sonnet-5': claude(2, 10),
    'claude/claude-sonnet-4-6': claude(3, 15),
    'claude/claude-sonnet-4-5': claude(3, 15),
    'claude/claude-haiku-5-5': claude(0.1, 0.5, 0.01, { above: 100_000, input: 0.5, cachedInput: 0.05, output: 2.5 }),
    'claude/claude-haiku-4-5': claude(1, 5),

    'gemini/gemini-4-neon': gemini(3, 0.15, 15),
    'gemini/gemini-4-hydrogen': gemini(1.5, 0.075, 7.5),
    'gemini/gemini-3.5-flash': gemini(1.5, 0.15, 9),
    'gemini/gemini-3.5-flash-lite': gemini(0.3, 0.03, 2.5),
    'gemini/gemini-3.1-pro-preview': gemini(2, 0.2, 12, { above: 200_000, input: 4, cachedInput: 0.4, output: 18 }),
    'gemini/gemini-3.1-flash-lite': gemini(0.25, 0.025, 1.5),
    'gemini/gemini-3-flash-preview': gemini(0.5, 0.05, 3),
    'gemini/gemini-2.5-pro': gemini(1.25, 0.125, 10, { above: 200_000, input: 2.5, cachedInput: 0.25, output: 15 }),
    'gemini/gemini-2.5-flash': gemini(0.3, 0.03, 2.5),
    'gemini/gemini-2.5-flash-lite': gemini(0.1, 0.01, 0.4),

    'cohere/command-a-03-2025': flat(2.5, 10),
    'cohere/command-a-reasoning-08-2025': flat(2.5, 10),
    'cohere/command-r-plus-08-2024': flat(2.5, 10),
    'cohere/command-r-08-2024': flat(0.15, 0.6),
    'cohere/command-r7b-12-2024': flat(0.0375, 0.15),

    'ollama/*': flat(0, 0),
  },
}

/** A price with no discount for what was cached. */
export function flat(input: number, output: number): Price {
  return { ...ratesOf(input, input, output), above: null }
}

function ratesOf(input: number, cachedInput: number, output: number): Rates {
  return { input, output, cachedInput, cacheWrite: input, longCacheWrite: input }
}

interface Above { above: number, input: number, cachedInput: number, output: number }

/** Up to GPT-5.5: writing to the cache costs nothing beside reading. */
function openai(input: number, cachedInput: number, output: number, long?: Above): Price {
  return { ...ratesOf(input, cachedInput, output), above: long ? { inputTokens: long.above, ...ratesOf(long.input, long.cachedInput, long.output) } : null }
}

/**
 * Since GPT-5.6: writing to the cache has its price, twice that for 12 hours. Above 272,000 tokens what is read costs twice as much, and what
 * is written half as much again.
 */
function sinceGpt56(input: number, cachedInput: number, output: number): Price {
  const rates = (input: number, cachedInput: number, output: number): Rates =>
    ({ input, output, cachedInput, cacheWrite: round(input * 1.25), longCacheWrite: round(input * 2.5) })
  return { ...rates(input, cachedInput, output), above: { inputTokens: 272_000, ...rates(input * 2, cachedInput * 2, round(output * 1.5)) } }
}

function gemini(input: number, cachedInput: number, output: number, long?: Above): Price {
  return openai(input, cachedInput, output, long)
}

/** The cache by its multipliers: a tenth to read where the list does not say less, a quarter more to write, twice for an hour. */
function claude(input: number, output: number, cachedInput = round(input * 0.1), long?: Above): Price {
  const rates = (input: number, cachedInput: number, output: number): Rates =>
    ({ input, output, cachedInput, cacheWrite: round(input * 1.25), longCacheWrite: input * 2 })
  const above = long ? { inputTokens: long.above, ...rates(long.input, long.cachedInput, long.output) } : null
  return { ...rates(input, cachedInput, output), above }
}

function round(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6
}
