import type { Manifest } from '../domain/manifest/manifest.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunView } from '../domain/views/run.ts'
import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { Context } from './context.ts'
import { parseManifest } from '../domain/manifest/parse.ts'
import { submit } from '../queue/submit.ts'
import { UNNAMED_FILE } from './agents.ts'
import { checkRun } from './check-run.ts'
import { badRequest, manifestFault, refused } from './fault.ts'
import { agentNamed } from './find.ts'
import { saveManifest } from './save-manifest.ts'

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
  scheduleId?: string | undefined
  isChat?: boolean | undefined
}

type SignedIn = Context & { actor: Actor }

/** Refused before anything is written, or stored when this resolves. */
export async function submitRun(ctx: SignedIn, asked: Submission): Promise<RunView> {
  const wanted = await findWanted(ctx, asked)
  const { task } = asked
  if (asked.isChat && wanted.manifest.runtime !== 'llm')
    throw badRequest(`a conversation needs an agent with a model: ${wanted.manifest.name} is of runtime ${wanted.manifest.runtime}`)
  const checked = await checkRun(ctx, {
    actor: ctx.actor,
    manifest: wanted.manifest,
    manifestPath: wanted.path,
    task,
    inputs: asked.inputs,
    isolation: asked.isolation ?? null,
    workspace: asked.workspace ?? null,
  })
  if (!checked.ok)
    throw checked.fault === 'asked' ? badRequest(checked.problem) : refused(checked.problem)

  return submit(ctx, {
    actor: ctx.actor,
    agent: await wanted.agent(),
    task,
    inputs: checked.inputs,
    workspaceFrom: checked.workspaceFrom,
    isolation: asked.isolation ?? null,
    timeMs: asked.timeMs ?? null,
    ...(asked.priority !== undefined && { priority: asked.priority }),
    ...(asked.delayMs !== undefined && { delayMs: asked.delayMs }),
    ...(asked.idempotencyKey !== undefined && { idempotencyKey: asked.idempotencyKey }),
    ...(asked.retryOf !== undefined && { retryOf: asked.retryOf }),
    ...(asked.isChat && { isChat: true }),
    ...(asked.scheduleId !== undefined && { scheduleId: asked.scheduleId }),
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
    const saved = await saveManifest(ctx, { source: sent!.source, manifest, notices, path })
    return agentNamed(ctx, saved.agentId)
  }
}
