import type { Spending } from '../../src/budgets/spending.ts'

/** Nothing limits a call, and nothing has a price. */
export const NO_BUDGETS: Spending = {
  begin: async () => ({ ok: true, call: null, maxOutputTokens: null, count: ({ usage }) => ({ usage, costUsd: null }), release: async () => {} }),
}
