import type { SecretView } from '../domain/views/system.ts'
import { z } from 'zod'
import { MAX_SECRET_BYTES, secretNameProblem, secretValueProblem } from '../domain/secret.ts'
import { badRequest, notFound, refused } from './fault.ts'
import { procedure, router } from './trpc.ts'

const name = z.string().max(200)

/** Values go in and never come out: there is no procedure that gives one. */
export const secrets = router({
  list: procedure
    .query(({ ctx }): Promise<SecretView[]> => ctx.secrets.list(ctx.actor.organisationId)),

  /** Stores a value under a name; one that is there is replaced, and runs that begin from now on get the new one. */
  set: procedure
    .input(z.object({ name, value: z.string().max(MAX_SECRET_BYTES, `a secret may have ${MAX_SECRET_BYTES} bytes at most`) }))
    .mutation(async ({ ctx, input }): Promise<{ name: string }> => {
      const wrongName = secretNameProblem(input.name)
      if (wrongName)
        throw badRequest(`${JSON.stringify(input.name)} cannot be the name of a secret: expected ${wrongName}`)
      const wrongValue = secretValueProblem(input.value)
      if (wrongValue)
        throw badRequest(`the value of ${input.name} cannot be kept: ${wrongValue}`)
      const kept = await ctx.secrets.set(ctx.actor, input.name, input.value)
      if (!kept.ok)
        throw refused(kept.problem)
      return { name: input.name }
    }),

  remove: procedure
    .input(z.object({ name }))
    .mutation(async ({ ctx, input }): Promise<{ name: string }> => {
      if (!await ctx.secrets.remove(ctx.actor.organisationId, input.name))
        throw notFound('secret', input.name, await ctx.secrets.names(ctx.actor.organisationId))
      return { name: input.name }
    }),
})
