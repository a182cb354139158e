import type { BudgetView } from '../domain/views/budget.ts'
import { z } from 'zod'
import { BUDGET_PERIODS, BUDGET_SCOPES } from '../domain/budget.ts'
import { isTimezone } from '../domain/schedule-words.ts'
import { listBudgets, removeBudget, setBudget } from '../store/budgets.ts'
import { badRequest, notFound } from './fault.ts'
import { agentNamed } from './find.ts'
import { word } from './inputs.ts'
import { procedure, router } from './trpc.ts'

const amount = z.number().min(0).max(1_000_000)

export const budgets = router({
  /** Each with what stands against it in the period that is now. */
  list: procedure
    .query(({ ctx }): Promise<BudgetView[]> => listBudgets(ctx.db, ctx.actor.organisationId)),

  /** One for each scope and period: what was set before is changed. Calls that are under way are not counted by a new one. */
  set: procedure
    .input(z.object({
      scope: z.enum(BUDGET_SCOPES),
      /** An agent, by name or id. A person's budget is that of whoever asks. */
      agent: word.optional(),
      period: z.enum(BUDGET_PERIODS),
      timezone: z.string().max(100).default('UTC'),
      limitUsd: amount.nullable().default(null),
      limitTokens: z.int().min(0).max(1_000_000_000_000).nullable().default(null),
    }))
    .mutation(async ({ ctx, input }): Promise<BudgetView> => {
      const { scope, agent, timezone, limitUsd, limitTokens } = input
      const period = scope === 'run' ? 'total' : input.period
      if (!isTimezone(timezone))
        throw badRequest(`timezone: expected a time zone such as Europe/Berlin, got ${JSON.stringify(timezone)}`)
      if (limitUsd === null && limitTokens === null)
        throw badRequest('expected a limit in dollars, in tokens, or both; to have none, remove the budget')
      if ((scope === 'agent') !== (agent !== undefined))
        throw badRequest(scope === 'agent' ? 'agent: expected the agent whose budget it is' : `agent: a budget of scope ${scope} has none`)
      const scopeId = scope === 'agent' ? (await agentNamed(ctx, agent!)).id : scope === 'user' ? ctx.actor.userId : ''
      const id = await setBudget(ctx.db, { actor: ctx.actor, scope, scopeId, period, timezone, limitUsd, limitTokens })
      const all = await listBudgets(ctx.db, ctx.actor.organisationId)
      return all.find(budget => budget.id === id)! // it was just written
    }),

  remove: procedure
    .input(z.object({ budget: word }))
    .mutation(async ({ ctx, input }): Promise<{ id: string }> => {
      if (!await removeBudget(ctx.db, ctx.actor.organisationId, input.budget))
        throw notFound('budget', input.budget, (await listBudgets(ctx.db, ctx.actor.organisationId)).map(({ id }) => id))
      return { id: input.budget }
    }),
})
