import type { Overview, WorkerView } from '../domain/views/system.ts'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { procedure, router } from './trpc.ts'

export const system = router({
  overview: procedure
    .query(({ ctx }): Promise<Overview> => ctx.overview(ctx.actor.organisationId)),

  /** Every server and worker that is known: on SQLite this one. */
  workers: procedure
    .query(({ ctx }): Promise<WorkerView[]> => ctx.workers(ctx.actor.organisationId)),

  /** It takes no more runs, from its next heartbeat on; what it runs goes on. To take runs again it has to be started again. */
  drainWorker: procedure
    .input(z.object({ worker: z.string().min(1).max(300) }))
    .mutation(async ({ ctx, input }): Promise<{ worker: string }> => {
      if (!await ctx.drainWorker(input.worker))
        throw new TRPCError({ code: 'NOT_FOUND', message: `no worker that is up is called ${JSON.stringify(input.worker)}` })
      return input
    }),

  me: procedure
    .query(({ ctx }): { userName: string, organisationName: string, version: string } => ({
      userName: ctx.actor.userName,
      organisationName: ctx.actor.organisationName,
      version: ctx.version,
    })),

  /** A one-time link that signs another browser in. */
  signInLink: procedure
    .mutation(({ ctx }): { url: string } => ({ url: ctx.mintSignInLink() })),
})
