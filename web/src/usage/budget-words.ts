import type { BudgetView } from '@agentos/server/domain/views/budget'
import { formatCount, formatUsd } from '../format/number.ts'

/** `repo-doctor, day`, `Organisation, month`, `Each run`. */
export function budgetName({ scope, of, period, timezone }: Pick<BudgetView, 'scope' | 'of' | 'period' | 'timezone'>): string {
  if (scope === 'run')
    return 'Each run'
  const whose = scope === 'organisation' ? 'Organisation' : of?.name ?? 'nobody'
  return `${whose}, ${period === 'total' ? 'in all' : period}${timezone === 'UTC' || period === 'total' ? '' : ` (${timezone})`}`
}

export interface BudgetBar {
  unit: 'usd' | 'tokens'
  /** null: each run has its own. */
  spent: string | null
  held: string | null
  limit: string
  used: number
  allowed: number
}

/** One for each of its limits; held is in it, since it may not be spent twice. */
export function budgetBars({ limitUsd, limitTokens, spent }: BudgetView): BudgetBar[] {
  const bars: BudgetBar[] = []
  if (limitUsd !== null)
    bars.push(bar('usd', formatUsd, limitUsd, spent && { spent: spent.usd, held: spent.heldUsd }))
  if (limitTokens !== null)
    bars.push(bar('tokens', value => `${formatCount(value)} tokens`, limitTokens, spent && { spent: spent.tokens, held: spent.heldTokens }))
  return bars
}

function bar(unit: BudgetBar['unit'], format: (value: number) => string, allowed: number, gone: { spent: number, held: number } | null): BudgetBar {
  return {
    unit,
    spent: gone && format(gone.spent),
    held: gone && gone.held > 0 ? format(gone.held) : null,
    limit: format(allowed),
    used: gone ? gone.spent + gone.held : 0,
    allowed,
  }
}
