import type { BudgetPeriod, BudgetScope, Standing, Unit } from './budget.ts'
import { usdOf } from './budget.ts'

interface About { budgetId: string | null, scope: BudgetScope, period: BudgetPeriod, timezone: string, key: string }

/** What a budget is called in a sentence: `the agent's budget of the day 2026-11-25 (UTC)`. */
export function budgetInWords({ budgetId, scope, period, timezone, key }: About): string {
  if (scope === 'run')
    return budgetId === null ? 'the run\'s limit' : 'the organisation\'s limit for each run'
  const whose = { organisation: 'the organisation\'s', agent: 'the agent\'s', user: 'the person\'s' }[scope]
  return `${whose} budget ${period === 'total' ? 'in all' : `of the ${period} ${key} (${timezone})`}`
}

/** `$1.50`, `$0.0042`; what is less than it shows is rounded up. */
export function usdInWords(usd: number): string {
  if (usd === 0 || usd >= 1)
    return `$${usd.toFixed(2)}`
  return `$${Number((Math.ceil(usd * 1e6 - 1e-6) / 1e6).toFixed(6))}`
}

export function amountInWords(unit: Unit, amount: number): string {
  return unit === 'usd' ? usdInWords(amount) : `${amount} tokens`
}

/** The figures of one unit, in dollars or tokens. */
export function figuresOf(unit: Unit, standing: Standing): { allowed: number, spent: number, held: number } {
  const { limitNanos, limitTokens, spentNanos, spentTokens, heldNanos, heldTokens } = standing
  return unit === 'usd'
    ? { allowed: usdOf(limitNanos ?? 0), spent: usdOf(spentNanos), held: usdOf(heldNanos) }
    : { allowed: limitTokens ?? 0, spent: spentTokens, held: heldTokens }
}

/** Why a call was not made. `wanted` is null when nobody knows what it would cost. */
export function whyExhausted({ model, standing, unit, wanted }: { model: string, standing: About & Standing, unit: Unit, wanted: number | null }): string {
  const { allowed, spent, held } = figuresOf(unit, standing)
  const limit = `${budgetInWords(standing)} is ${amountInWords(unit, allowed)}`
  if (wanted === null)
    return `A call to ${model} was not made: nobody here knows its price, and ${limit}. Add the price, or take the limit away.`
  const gone = `${amountInWords(unit, spent)} of it spent${held > 0 ? ` and ${amountInWords(unit, held)} held by calls that are under way` : ''}`
  return `A call to ${model} was not made: at worst it would come to ${amountInWords(unit, wanted)}, and ${limit}, with ${gone}.`
}
