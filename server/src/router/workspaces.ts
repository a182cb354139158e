import type { WorkspaceList } from './context.ts'
import { z } from 'zod'
import { refused } from './fault.ts'
import { folder } from './inputs.ts'
import { procedure, router } from './trpc.ts'

export const workspaces = router({
  /** The folders that a run may start from: the roots, or what lies in a folder under one of them. */
  list: procedure
    .input(z.object({ under: folder.optional() }).default({}))
    .query(async ({ ctx, input }): Promise<WorkspaceList> => {
      const list = await ctx.listWorkspaces(input.under ?? null)
      if ('problem' in list)
        throw refused(list.problem)
      return list
    }),
})
