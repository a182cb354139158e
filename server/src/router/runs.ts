import type { RunPage, RunUsage, RunView, WatchUpdate } from '../domain/views/run.ts'
import type { ArtifactView, FileContent, FileDiff, WorkspaceFilesPage } from '../domain/views/workspace.ts'
import type { RunUsageNow } from './usages.ts'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { isFinal } from '../domain/run.ts'
import { followUsage } from '../events/follow-usage.ts'
import { watchRuns } from '../events/watch.ts'
import { askToKeep } from '../queue/ask-to-keep.ts'
import { cancel } from '../queue/cancel.ts'
import { settle, SettleError } from '../queue/settle.ts'
import { getAgentVersion } from '../store/agents.ts'
import { listArtifacts } from '../store/artifacts.ts'
import { listRuns } from '../store/runs.ts'
import { fileContent, fileDiff, filesOf } from './files.ts'
import { agentNamed, runNamed } from './find.ts'
import { setHeld } from './hold.ts'
import { delayMs, folder, inputs, isolation, path, source, statuses, task, timeMs, word } from './inputs.ts'
import { paced } from './live.ts'
import { pruneAsked } from './prune-asked.ts'
import { submitRun } from './submit-run.ts'
import { liveProcedure, procedure, router } from './trpc.ts'
import { listUsages, withoutTree } from './usages.ts'

const submission = z.object({
  /** An agent that the server knows, by name or id prefix. */
  agent: word.optional(),
  /** Or a manifest to save and run. */
  manifest: z.object({ source, path: folder.optional() }).optional(),
  task: task.default(''),
  inputs: inputs.default({}),
  /** A folder on the server's machine that overrides the manifest's. */
  workspace: folder.optional(),
  timeMs: timeMs.optional(),
  isolation: isolation.optional(),
  priority: z.int().min(-1000).max(1000).optional(),
  delayMs: delayMs.optional(),
  idempotencyKey: z.string().min(1).max(200).optional(),
}).refine(given => (given.agent === undefined) !== (given.manifest === undefined), 'name an agent or send a manifest, one of the two')

export const runs = router({
  list: procedure
    .input(z.object({
      before: z.string().max(200).optional(),
      limit: z.int().min(1).max(200).optional(),
      statuses: statuses.optional(),
      agent: word.optional(),
      search: z.string().trim().max(200).optional(),
      /** Only runs that are not older than this. */
      sinceMs: delayMs.optional(),
      /** Only those that were given up after too many losses in a row. */
      deadLetter: z.boolean().optional(),
      /** Only conversations; `search` looks into what was said, too. */
      chats: z.boolean().optional(),
    }).default({}))
    .query(async ({ ctx, input }): Promise<RunPage> => {
      const agentId = input.agent === undefined ? undefined : (await agentNamed(ctx, input.agent)).id
      return listRuns(ctx.db, ctx.actor.organisationId, {
        ...(input.before !== undefined && { before: input.before }),
        ...(input.limit !== undefined && { limit: input.limit }),
        ...(input.statuses?.length && { statuses: input.statuses }),
        ...(agentId !== undefined && { agentId }),
        ...(input.search && { search: input.search }),
        ...(input.chats && { chats: true }),
        ...(input.deadLetter && { deadLetter: true }),
        ...(input.sinceMs !== undefined && { since: new Date(Date.now() - input.sinceMs).toISOString() }),
      })
    }),

  get: procedure
    .input(z.object({ run: word }))
    .query(({ ctx, input }): Promise<RunView> => runNamed(ctx, input.run)),

  /** What is kept of a run beside its log; the bytes are at `path`. */
  artifacts: procedure
    .input(z.object({ run: word }))
    .query(async ({ ctx, input }): Promise<ArtifactView[]> => listArtifacts(ctx.db, ctx.actor.organisationId, (await runNamed(ctx, input.run)).id)),

  /** What is kept of its workspace, held against what it began with, a page by path. */
  files: procedure
    .input(z.object({ run: word, after: path.optional(), limit: z.int().min(1).max(1000).default(500) }))
    .query(async ({ ctx, input }): Promise<WorkspaceFilesPage> => {
      const { id } = await runNamed(ctx, input.run)
      return filesOf(ctx, id, { after: input.after ?? null, limit: input.limit })
    }),

  /** What one of its files holds, as far as it can be shown; the bytes are at `/artifacts/<run>/workspace/file?path=`. */
  file: procedure
    .input(z.object({ run: word, path }))
    .query(async ({ ctx, input }): Promise<FileContent> => fileContent(ctx, (await runNamed(ctx, input.run)).id, input.path)),

  /** How one of its files differs from what the run began with. */
  fileDiff: procedure
    .input(z.object({ run: word, path }))
    .query(async ({ ctx, input }): Promise<FileDiff> => fileDiff(ctx, (await runNamed(ctx, input.run)).id, input.path)),

  /** Has its workspace kept as it is now, while it runs: `workspace.kept` in its log says when that is done. */
  keepFiles: procedure
    .input(z.object({ run: word }))
    .mutation(async ({ ctx, input }): Promise<{ id: string }> => {
      const { id, status } = await runNamed(ctx, input.run)
      if (!await askToKeep(ctx, { actor: ctx.actor, runId: id }))
        throw new TRPCError({ code: 'CONFLICT', message: `run ${id} is ${status}, not running: what its last attempt left is kept already` })
      return { id }
    }),

  submit: procedure
    .input(submission)
    .mutation(({ ctx, input }): Promise<RunView> => submitRun(ctx, input)),

  /** A new run that names the old one; a final run is never opened again. It runs today's version of the agent. */
  retry: procedure
    .input(z.object({ run: word }))
    .mutation(async ({ ctx, input }): Promise<RunView> => {
      const old = await runNamed(ctx, input.run)
      if (!isFinal(old.status))
        throw new TRPCError({ code: 'CONFLICT', message: `run ${old.id} is still ${old.status}: stop it first, or wait for its end` })
      const then = await getAgentVersion(ctx.db, old.agentId, old.agentVersion)
      return submitRun(ctx, {
        agent: old.agentId,
        task: old.task,
        inputs: old.inputs,
        retryOf: old.id,
        ...(old.workspaceFrom !== null && { workspace: old.workspaceFrom }),
        // A limit that was asked for is asked for again; the manifest's own is read afresh.
        ...(then && then.manifest.limits.timeMs !== old.limits.timeMs && { timeMs: old.limits.timeMs }),
      })
    }),

  stop: procedure
    .input(z.object({ run: word }))
    .mutation(async ({ ctx, input }): Promise<RunView> => {
      const run = await runNamed(ctx, input.run)
      return cancel(ctx, { actor: ctx.actor, runId: run.id })
    }),

  /** What became of an effect that nobody knows the outcome of: the run that waits for it goes on, or ends when a step has failed that may not. */
  settle: procedure
    .input(z.object({ run: word, effect: z.string().min(1).max(200).optional(), as: z.enum(['done', 'failed', 'repeat']), note: z.string().trim().max(2000).optional() }))
    .mutation(async ({ ctx, input }): Promise<RunView> => {
      const run = await runNamed(ctx, input.run)
      try {
        return await settle(ctx, { actor: ctx.actor, run, effect: input.effect ?? null, as: input.as, note: input.note || null })
      }
      catch (error) {
        throw error instanceof SettleError ? new TRPCError({ code: 'CONFLICT', message: error.message }) : error
      }
    }),

  /** Prune and retention leave it alone until it is released. */
  hold: procedure
    .input(z.object({ run: word }))
    .mutation(({ ctx, input }): Promise<RunView> => setHeld(ctx, input.run, true)),

  release: procedure
    .input(z.object({ run: word }))
    .mutation(({ ctx, input }): Promise<RunView> => setHeld(ctx, input.run, false)),

  /** Removes ended runs with their logs and artifacts; all of them when nothing narrows it. `held`: how many stay because somebody holds them. */
  prune: procedure
    .input(z.object({
      ids: z.array(word).max(1000).optional(),
      statuses: statuses.optional(),
      olderThanMs: delayMs.optional(),
      /** Of each agent its newest ended runs stay, so many. */
      keep: z.int().min(1).max(1_000_000).optional(),
    }).default({}))
    .mutation(({ ctx, input }): Promise<{ removed: string[], held: number }> => pruneAsked(ctx, {
      organisationId: ctx.actor.organisationId,
      ...(input.ids && { ids: input.ids }),
      ...(input.statuses?.length && { statuses: input.statuses }),
      ...(input.olderThanMs !== undefined && { olderThanMs: input.olderThanMs }),
    }, input.keep)),

  /** What its processes use, about once a second until it has ended. Nothing is stored: a run that has ended yields nothing. */
  usage: liveProcedure
    .input(z.object({ runId: word }))
    .subscription(async ({ ctx, input, signal }): Promise<AsyncGenerator<RunUsage>> => {
      const run = await ctx.replay.pass(() => runNamed(ctx, input.runId))
      return paced(ctx.connection, signal!, () => followUsage({ ...ctx, run, signal: signal! })) // a subscription has one
    }),

  /** What the processes of running runs use now: of all, or of those named by their whole ids. One that has none is left out; so is another's. */
  usages: procedure
    .input(z.object({ runs: z.array(word).max(1000).optional(), withTree: z.boolean().default(true) }).default({ withTree: true }))
    .query(async ({ ctx, input }): Promise<RunUsageNow[]> => {
      const all = await listUsages(ctx, input.runs ?? null)
      return input.withTree ? all : all.map(withoutTree)
    }),

  /** What lists and counters show, coalesced. The first update carries everything that is live. */
  watch: liveProcedure
    .subscription(({ ctx: { db, notifier, actor, connection }, signal }): AsyncGenerator<WatchUpdate> =>
      paced(connection, signal!, () => watchRuns({ db, notifier, organisationId: actor.organisationId, signal: signal! }))), // a subscription has one
})
