import type { ApprovalPage, ApprovalRuleView, ApprovalView } from '../domain/views/approval.ts'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { decideApproval, DecideError } from '../approvals/decide.ts'
import { listRules, removeRule } from '../store/approval-rules.ts'
import { listApprovals } from '../store/approvals.ts'
import { notFound } from './fault.ts'
import { approvalNamed, runNamed } from './find.ts'
import { word } from './inputs.ts'
import { procedure, router } from './trpc.ts'

const PAGE = 50

export const approvals = router({
  /** Newest first. pending: somebody may decide them. decided: also those that expired, or whose run has ended before. */
  list: procedure
    .input(z.object({ state: z.enum(['pending', 'decided']).default('pending'), run: word.optional(), before: z.string().max(200).optional(), limit: z.int().min(1).max(200).default(PAGE) }).default({ state: 'pending', limit: PAGE }))
    .query(async ({ ctx, input }): Promise<ApprovalPage> => listApprovals(ctx.db, ctx.actor.organisationId, {
      state: input.state,
      limit: input.limit,
      ...(input.before !== undefined && { before: input.before }),
      ...(input.run !== undefined && { runId: (await runNamed(ctx, input.run)).id }),
    })),

  /** By the beginning of its id, or of its run's. */
  get: procedure
    .input(z.object({ approval: word }))
    .query(({ ctx, input }): Promise<ApprovalView> => approvalNamed(ctx, input.approval)),

  /** `digest`: of the action that was seen; another one is not approved. Of several who decide one is heard, the others get CONFLICT. */
  decide: procedure
    .input(z.object({ approval: word, digest: z.string().regex(/^[0-9a-f]{64}$/, 'expected the digest of the action that was seen'), as: z.enum(['once', 'always', 'deny']), note: z.string().trim().max(2000).optional() }))
    .mutation(async ({ ctx, input }): Promise<ApprovalView> => {
      const approval = await approvalNamed(ctx, input.approval)
      try {
        return await decideApproval(ctx, { actor: ctx.actor, approval, digest: input.digest, as: input.as, note: input.note || null })
      }
      catch (error) {
        throw error instanceof DecideError ? new TRPCError({ code: 'CONFLICT', message: error.message }) : error
      }
    }),

  /** What is done without asking, because somebody has said "always". */
  rules: procedure
    .query(({ ctx }): Promise<ApprovalRuleView[]> => listRules(ctx.db, ctx.actor.organisationId)),

  /** From now on it is asked for again. */
  removeRule: procedure
    .input(z.object({ rule: word }))
    .mutation(async ({ ctx, input }): Promise<void> => {
      if (!await removeRule(ctx.db, ctx.actor.organisationId, input.rule))
        throw notFound('rule', input.rule, [])
      ctx.notifier.approvalsChanged()
    }),
})
