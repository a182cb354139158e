import type { Manifest } from '../domain/manifest/manifest.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunView } from '../domain/views.ts'
import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { Context } from './context.ts'
import { resolveInputs } from '../domain/manifest/inputs.ts'
import { parseManifest } from '../domain/manifest/parse.ts'
import { submit } from '../queue/submit.ts'
import { saveAgent } from '../store/agents.ts'
import { UNNAMED_FILE } from './agents.ts'
import { badRequest, manifestFault, refused } from './fault.ts'
import { agentNamed } from './find.ts'
import { missingSecrets } from './missing-secrets.ts'

export interface Submission {
  agent?: string | undefined
  manifest?: { source: string, path?: string | undefined } | undefined
  task: string
  inputs: Record<string, string | number | boolean>
  workspace?: string | undefined
  timeMs?: number | undefined
  isolation?: IsolationLevel | undefined
  priority?: number | undefined
  delayMs?: number | undefined
  idempotencyKey?: string | undefined
  retryOf?: string | undefined
}

type SignedIn = Context & { actor: Actor }

/** Everything that can refuse a run comes before anything is written: the manifest, its limits of today, its inputs, its folder. */
export async function submitRun(ctx: SignedIn, asked: Submission): Promise<RunView> {
  const wanted = await findWanted(ctx, asked)
  const refusal = ctx.refuse(wanted.manifest, { isolation: asked.isolation ?? null })
  if (refusal)
    throw refused(refusal)
  const missing = await missingSecrets(ctx, wanted.manifest)
  if (missing)
    throw refused(missing)

  const resolved = resolveInputs(wanted.manifest, asked.inputs)
  if (!resolved.ok)
    throw badRequest(resolved.problems.join('; '))

  const { task } = asked
  const { inputs } = resolved
  const workspace = await ctx.resolveWorkspace({ manifest: wanted.manifest, manifestPath: wanted.path, task, inputs, given: asked.workspace ?? null })
  if (!workspace.ok)
    throw refused(workspace.problem)

  return submit(ctx, {
    actor: ctx.actor,
    agent: await wanted.agent(),
    task,
    inputs,
    workspaceFrom: workspace.from,
    isolation: asked.isolation ?? null,
    timeMs: asked.timeMs ?? null,
    ...(asked.priority !== undefined && { priority: asked.priority }),
    ...(asked.delayMs !== undefined && { delayMs: asked.delayMs }),
    ...(asked.idempotencyKey !== undefined && { idempotencyKey: asked.idempotencyKey }),
    ...(asked.retryOf !== undefined && { retryOf: asked.retryOf }),
  })
}

interface Wanted {
  manifest: Manifest
  path: string | null
  /** The agent to run; a manifest that was sent in is saved only now. */
  agent: () => Promise<AgentRow>
}

async function findWanted(ctx: SignedIn, { agent, manifest: sent }: Submission): Promise<Wanted> {
  if (!sent) {
    const row = await agentNamed(ctx, agent!) // the input schema asks for one of the two
    return { manifest: row.manifest, path: row.path, agent: async () => row }
  }
  const path = sent.path ?? null
  const parsed = parseManifest(sent.source, { file: path ?? UNNAMED_FILE })
  if (!parsed.ok)
    throw manifestFault(parsed.problems)
  const { manifest, notices } = parsed
  return { manifest, path, agent: save }

  async function save(): Promise<AgentRow> {
    const saved = await saveAgent(ctx.db, { actor: ctx.actor, name: manifest.name, source: sent!.source, manifest, notices, path })
    if (saved.changed)
      ctx.notifier.agentsChanged()
    return agentNamed(ctx, saved.agentId)
  }
}
