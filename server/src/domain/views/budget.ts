import type { BudgetPeriod, BudgetScope } from '../budget.ts'

/** Budgets, and what was spent, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

/** What may be spent, and what of it is gone in the period that is now. */
export interface BudgetView {
  id: string
  scope: BudgetScope
  /** The agent or the person; null for the organisation and for each run. */
  of: { id: string, name: string } | null
  period: BudgetPeriod
  /** Where its days and months begin. */
  timezone: string
  limitUsd: number | null
  limitTokens: number | null
  /** null: each run has its own. */
  spent: { periodKey: string, usd: number, tokens: number, heldUsd: number, heldTokens: number } | null
}

/** Calls to models, added up. What a row is not divided by is null. */
export interface UsageRow {
  /** In UTC: 2026-11-25. */
  day: string | null
  agent: string | null
  person: string | null
  /** `provider/model` */
  model: string | null
  calls: number
  /** Counted at the most that they can have come to, because nobody said what it was. */
  unknownCalls: number
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  costUsd: number
}

export interface UsageReport {
  from: string
  to: string
  total: UsageRow
  /** Of as many days before. */
  before: UsageRow
  /** By day and model. */
  byDay: UsageRow[]
  byModel: UsageRow[]
  byAgent: UsageRow[]
  byPerson: UsageRow[]
}
