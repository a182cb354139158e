import type { ModelTestResult, ProviderView } from '../domain/views/system.ts'
import { z } from 'zod'
import { procedure, router } from './trpc.ts'

/** The providers of models: what is set, what they have, and whether they answer. Keys are set where the server is started, and never told. */
export const models = router({
  providers: procedure
    .query(({ ctx }): { providers: ProviderView[], priceLists: string[] } => ({ providers: ctx.models.providers(), priceLists: ctx.models.priceLists })),

  /** What the provider itself lists. */
  list: procedure
    .input(z.object({ provider: z.string().min(1).max(100) }))
    .query(({ ctx, input }): Promise<{ models: string[] } | { problem: string }> => ctx.models.list(input.provider)),

  /** One small call to the model, with its answer, how long it took and what it cost. */
  test: procedure
    .input(z.object({ model: z.string().min(1).max(300) }))
    .mutation(({ ctx, input }): Promise<ModelTestResult> => ctx.models.test(input.model)),
})
