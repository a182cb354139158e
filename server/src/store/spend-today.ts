import type { Overview } from '../domain/views/system.ts'
import type { Database } from './database.ts'
import { listBudgets } from './budgets.ts'
import { usageOfDay } from './usage-report.ts'

const DAY_MS = 86_400_000

/** What calls to models came to today, and the organisation's budget of a day, if it has one. */
export async function spendToday(db: Database, organisationId: string): Promise<Overview['spend']> {
  const [used, budgets] = await Promise.all([usageOfDay(db, organisationId, Math.floor(Date.now() / DAY_MS)), listBudgets(db, organisationId)])
  const budget = budgets.find(({ scope, period }) => scope === 'organisation' && period === 'day') ?? null
  return { usd: used.costUsd, tokens: used.inputTokens + used.outputTokens, budget }
}
