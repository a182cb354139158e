import type { BudgetOptions } from './read-budget.ts'
import { expect, it } from 'vitest'
import { readBudget } from './read-budget.ts'

it.for<[BudgetOptions, object]>([
  [{ usd: '20', per: 'day' }, { scope: 'organisation', period: 'day', limitUsd: 20, limitTokens: null }],
  [{ usd: '$0.50', tokens: '1.5M', per: 'month', agent: 'a', timezone: 'Europe/Berlin' }, { scope: 'agent', agent: 'a', period: 'month', timezone: 'Europe/Berlin', limitUsd: 0.5, limitTokens: 1_500_000 }],
  [{ tokens: '500k', per: 'total', me: true }, { scope: 'user', period: 'total', limitUsd: null, limitTokens: 500_000 }],
  [{ usd: '1', eachRun: true }, { scope: 'run', period: 'total', limitUsd: 1, limitTokens: null }],
])('%j is a budget', ([typed, budget]) => {
  expect(readBudget(typed)).toEqual(budget)
})

it.for<[BudgetOptions, RegExp]>([
  [{ per: 'day' }, /expected a limit: --usd 20/],
  [{ usd: '5' }, /--per: expected day, month, total/],
  [{ usd: '5', per: 'week' }, /--per: expected day, month, total, but got "week"/],
  [{ usd: 'five', per: 'day' }, /--usd: expected an amount such as 20/],
  [{ usd: '-1', per: 'day' }, /--usd: expected an amount such as 20/],
  [{ usd: '1e3', per: 'day' }, /--usd: expected an amount such as 20/],
  [{ tokens: '1.5', per: 'day' }, /--tokens: expected a number such as/],
  [{ tokens: '9999G', per: 'day' }, /--tokens: expected a number such as/],
  [{ usd: '5', per: 'day', agent: 'x', me: true }, /expected --agent or --me, but got both/],
  [{ usd: '5', per: 'day', eachRun: true }, /leave --per and --timezone out/],
])('%j says what was expected', ([typed, words]) => {
  expect(() => readBudget(typed)).toThrow(words)
})
