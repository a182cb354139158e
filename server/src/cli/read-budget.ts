import type { SetBudget } from '@agentos/client'
import { BUDGET_PERIODS } from '../domain/budget.ts'
import { CommandError } from './failure.ts'

/** Whose it is: with none of `agent`, `me` and `eachRun` the organisation's. */
export interface BudgetOptions { agent?: string, me?: boolean, eachRun?: boolean, per?: string, usd?: string, tokens?: string, timezone?: string }

/** What was typed as a budget. Throws a CommandError that says what was expected. */
export function readBudget({ agent, me, eachRun, per, usd, tokens, timezone }: BudgetOptions): SetBudget {
  const whose = [...agent === undefined ? [] : ['--agent'], ...me ? ['--me'] : [], ...eachRun ? ['--each-run'] : []]
  if (whose.length > 1)
    throw new CommandError(`a budget is of one of them: expected ${whose.join(' or ')}, but got both`)
  if (eachRun && (per !== undefined || timezone !== undefined))
    throw new CommandError('each run has its own from its beginning to its end: leave --per and --timezone out')
  if (!eachRun && per === undefined)
    throw new CommandError(`--per: expected ${BUDGET_PERIODS.join(', ')}; total is for good`)
  const period = eachRun ? 'total' : BUDGET_PERIODS.find(one => one === per)
  if (period === undefined)
    throw new CommandError(`--per: expected ${BUDGET_PERIODS.join(', ')}, but got ${JSON.stringify(per)}`)
  if (usd === undefined && tokens === undefined)
    throw new CommandError('expected a limit: --usd 20, --tokens 5M, or both; agentos budget remove takes one away')
  return {
    scope: agent !== undefined ? 'agent' : me ? 'user' : eachRun ? 'run' : 'organisation',
    ...agent !== undefined && { agent },
    period,
    ...timezone !== undefined && { timezone },
    limitUsd: usd === undefined ? null : readUsd(usd),
    limitTokens: tokens === undefined ? null : readTokens(tokens),
  }
}

function readUsd(text: string): number {
  const [, digits] = /^\$?(\d{1,7}(?:\.\d{1,9})?)$/.exec(text.trim()) ?? []
  if (digits === undefined || Number(digits) > 1_000_000)
    throw new CommandError(`--usd: expected an amount such as 20 or 0.50, up to 1000000, but got ${JSON.stringify(text)}`)
  return Number(digits)
}

const TIMES: Record<string, number> = { '': 1, 'k': 1e3, 'm': 1e6, 'g': 1e9 }

function readTokens(text: string): number {
  const [, digits, letter = ''] = /^(\d{1,13}(?:\.\d{1,3})?)([kmg]?)$/i.exec(text.trim()) ?? []
  const tokens = Number(digits) * TIMES[letter.toLowerCase()]!
  if (!Number.isInteger(tokens) || tokens > 1e12)
    throw new CommandError(`--tokens: expected a number such as 500000, 500k or 5M, up to 1000G, but got ${JSON.stringify(text)}`)
  return tokens
}
