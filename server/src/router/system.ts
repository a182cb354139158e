import type { Overview } from '../domain/views.ts'
import { procedure, router } from './trpc.ts'

export const system = router({
  overview: procedure
    .query(({ ctx }): Promise<Overview> => ctx.overview(ctx.actor.organisationId)),

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
