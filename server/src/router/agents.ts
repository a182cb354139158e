import type { AgentDetail, AgentView, ManifestProblem } from '../domain/views/agent.ts'
import { z } from 'zod'
import { parseManifest } from '../domain/manifest/parse.ts'
import { listAgents } from '../store/agents.ts'
import { toAgentDetail, toAgentViews } from './agent-view.ts'
import { manifestFault } from './fault.ts'
import { agentNamed } from './find.ts'
import { folder, source, word } from './inputs.ts'
import { saveManifest } from './save-manifest.ts'
import { procedure, router } from './trpc.ts'

/** What a problem names as its file when a manifest was sent in without a path. */
export const UNNAMED_FILE = 'manifest.yaml'

export const agents = router({
  list: procedure
    .query(async ({ ctx }): Promise<AgentView[]> =>
      toAgentViews(ctx, await listAgents(ctx.db, ctx.actor.organisationId))),

  get: procedure
    .input(z.object({ agent: word }))
    .query(async ({ ctx, input }): Promise<AgentDetail> =>
      toAgentDetail(ctx, await agentNamed(ctx, input.agent))),

  /** What is wrong with a manifest, as somebody types it. Nothing is written; it is a mutation because a file does not fit into an address. */
  check: procedure
    .input(z.object({ source }))
    .mutation(({ input }): { problems: ManifestProblem[], notices: string[] } => {
      const parsed = parseManifest(input.source, { file: UNNAMED_FILE })
      return parsed.ok ? { problems: [], notices: parsed.notices } : { problems: parsed.problems, notices: [] }
    }),

  save: procedure
    .input(z.object({ source, path: folder.optional() }))
    .mutation(async ({ ctx, input }): Promise<{ agent: AgentDetail, changed: boolean }> => {
      const parsed = parseManifest(input.source, { file: input.path ?? UNNAMED_FILE })
      if (!parsed.ok)
        throw manifestFault(parsed.problems)
      const { manifest, notices } = parsed
      const saved = await saveManifest(ctx, { source: input.source, manifest, notices, path: input.path ?? null })
      return { agent: await toAgentDetail(ctx, await agentNamed(ctx, saved.agentId)), changed: saved.changed }
    }),
})
