import type { AgentOS, Budget } from '@agentos/client'
import type { BudgetOptions } from '../read-budget.ts'
import { usdInWords } from '../../domain/budget-words.ts'
import { CommandError } from '../failure.ts'
import { pc } from '../print/colour.ts'
import { shortId } from '../print/id.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'
import { oneLine } from '../print/plain.ts'
import { readBudget } from '../read-budget.ts'
import { withServer } from '../with-server.ts'

/** `agentos budget list`: what may be spent, and what stands against it now. */
export async function listBudgets(options: { json?: boolean }): Promise<void> {
  await withServer({ embed: 'look' }, async ({ client }) => {
    const budgets = await client.budgets.list()
    if (options.json)
      print(budgets.map(jsonLine).join(''))
    else if (budgets.length === 0)
      print(`no budget is set: manifests alone say what runs may spend${pc.dim('   agentos budget set --usd 20 --per day')}\n`)
    else
      print(`${pc.dim(`${'BUDGET'.padEnd(10)} ${'OF'.padEnd(28)} ${'PER'.padEnd(22)} SPENT AND LIMIT`)}\n${budgets.map(rowOf).join('')}`)
  })
}

/** `agentos budget set`: one for each of whom and how long; what was set before is changed. */
export async function setBudget(options: BudgetOptions & { json?: boolean }): Promise<void> {
  const budget = readBudget(options)
  await withServer({ embed: 'look' }, async ({ client }) => {
    const set = await client.budgets.set(budget)
    print(options.json ? jsonLine(set) : `set: ${nameOf(set)}, ${limitsOf(set).map(({ limit }) => limit).join(' and ')}\n`)
  })
}

/** `agentos budget remove`: by the beginning of its id. */
export async function removeBudget(id: string): Promise<void> {
  await withServer({ embed: 'look' }, async ({ client }) => {
    const budget = await budgetCalled(client, id)
    await client.budgets.remove(budget.id)
    print(`removed: ${nameOf(budget)}; it bounds nothing from now on\n`)
  })
}

async function budgetCalled(client: AgentOS, id: string): Promise<Budget> {
  const budgets = await client.budgets.list()
  const found = budgets.filter(budget => budget.id.startsWith(id))
  const [budget, other] = found
  if (budget && !other && id !== '')
    return budget
  const there = (found.length > 0 ? found : budgets).map(one => `  ${shortId(one.id)} ${nameOf(one)}\n`).join('')
  if (other)
    throw new CommandError(`${JSON.stringify(id)} may mean more than one budget:\n${there}`)
  throw new CommandError(`no budget's id begins with ${JSON.stringify(id)}${there ? `; there is:\n${there}` : ': none is set'}`, 127)
}

function nameOf(budget: Budget): string {
  return budget.scope === 'run' ? 'each run' : `${whoseOf(budget)}, ${perOf(budget)}`
}

function whoseOf({ scope, of }: Budget): string {
  return scope === 'organisation' ? 'the organisation' : scope === 'run' ? 'each run' : oneLine(of?.name ?? 'nobody', 28)
}

function perOf({ scope, period, timezone }: Budget): string {
  if (scope === 'run')
    return 'run'
  return period === 'total' ? 'in all' : `${period}${timezone === 'UTC' ? '' : ` (${timezone})`}`
}

function rowOf(budget: Budget): string {
  const figures = limitsOf(budget).map(({ limit, spent, held }) =>
    spent === null ? `at most ${limit}` : `${spent} of ${limit}${held ? pc.dim(` (and ${held} held)`) : ''}`)
  return `${shortId(budget.id).padEnd(10)} ${whoseOf(budget).padEnd(28)} ${perOf(budget).padEnd(22)} ${figures.join(' · ')}\n`
}

function limitsOf({ limitUsd, limitTokens, spent }: Budget): { limit: string, spent: string | null, held: string | null }[] {
  return [
    ...limitUsd === null ? [] : [{ limit: usdInWords(limitUsd), spent: spent && usdInWords(spent.usd), held: heldOf(spent?.heldUsd, usdInWords) }],
    ...limitTokens === null ? [] : [{ limit: `${limitTokens} tokens`, spent: spent && String(spent.tokens), held: heldOf(spent?.heldTokens, String) }],
  ]
}

function heldOf(held: number | undefined, inWords: (amount: number) => string): string | null {
  return held ? inWords(held) : null
}
