import type { RunView } from '../domain/views/run.ts'
import { TRPCError } from '@trpc/server'
import { stringify } from 'yaml'
import { z } from 'zod'
import { foldTranscript, TRANSCRIPT_EVENTS, TRANSCRIPT_FORMATS, writeTranscript } from '../domain/transcript.ts'
import { ChatError, endChat, say } from '../queue/say.ts'
import { readEventsOf } from '../store/events.ts'
import { badRequest } from './fault.ts'
import { runNamed } from './find.ts'
import { inputs, source, task, word } from './inputs.ts'
import { submitRun } from './submit-run.ts'
import { procedure, router } from './trpc.ts'

const message = task.refine(text => text.trim() !== '', 'a message must say something')

/** What a manifest says of one is checked as a part of it. */
const mcpServer = z.strictObject({
  program: z.string().max(4096).optional(),
  args: z.array(z.string().max(10_000)).max(100).optional(),
  url: z.string().max(4096).optional(),
  headers: z.record(z.string().max(200), z.string().max(10_000)).optional(),
  tools: z.array(z.string().max(200)).max(64).optional(),
  timeout: z.union([z.string().max(20), z.number()]).optional(),
})

type McpServers = Record<string, z.infer<typeof mcpServer>>

/** Conversations: each is a run, which waits for the next message after each answer. They are listed by `runs.list({ chats: true })`. */
export const chats = router({
  /** With an agent that has a model, or with a model alone. */
  start: procedure
    .input(z.object({
      agent: word.optional(),
      /** `provider/model`. */
      model: z.string().trim().min(3).max(200).regex(/^[^/\s]+\/\S+$/, 'expected provider/model, such as ollama/qwen3').optional(),
      /** What a bare model is told before the first message. */
      instructions: source.optional(),
      /** Of a bare model. */
      temperature: z.number().min(0).max(2).optional(),
      /** Of a bare model: it may be called although nobody knows its price. */
      unmetered: z.boolean().optional(),
      /** Of a bare model: servers whose tools it may use, by name, as a manifest has them under mcp:. */
      mcp: z.record(z.string().min(1).max(64), mcpServer).refine(servers => Object.keys(servers).length <= 20, 'at most 20 servers').optional(),
      inputs: inputs.default({}),
      message,
      idempotencyKey: z.string().min(1).max(200).optional(),
    }).refine(given => (given.agent === undefined) !== (given.model === undefined), 'name an agent or a model, one of the two'))
    .mutation(({ ctx, input }): Promise<RunView> => {
      if (input.agent !== undefined && (input.instructions ?? input.temperature ?? input.unmetered ?? input.mcp) !== undefined)
        throw badRequest('instructions, temperature, unmetered and mcp go with a bare model: an agent has those of its manifest')
      return submitRun(ctx, {
        ...(input.model === undefined ? { agent: input.agent } : { manifest: { source: bareModel(input.model, input) } }),
        task: input.message,
        inputs: input.inputs,
        isChat: true,
        ...(input.idempotencyKey !== undefined && { idempotencyKey: input.idempotencyKey }),
      })
    }),

  say: procedure
    .input(z.object({ chat: word, text: message }))
    .mutation(async ({ ctx, input }): Promise<RunView> => toCaller(say(ctx, { actor: ctx.actor, run: await runNamed(ctx, input.chat), text: input.text }))),

  /** It succeeds, as nothing went wrong with it; one that answers is stopped by `runs.stop`. */
  end: procedure
    .input(z.object({ chat: word }))
    .mutation(async ({ ctx, input }): Promise<RunView> => toCaller(endChat(ctx, { actor: ctx.actor, run: await runNamed(ctx, input.chat) }))),

  /** What was said, as a file. */
  export: procedure
    .input(z.object({ chat: word, format: z.enum(TRANSCRIPT_FORMATS).default('md') }))
    .query(async ({ ctx, input }): Promise<{ name: string, text: string }> => {
      const run = await runNamed(ctx, input.chat)
      const said = foldTranscript(await readEventsOf(ctx.db, run.id, TRANSCRIPT_EVENTS))
      return { name: `${run.agentName}-${run.id.slice(0, 8)}.${input.format}`, text: writeTranscript(run, said, input.format) }
    }),
})

const MAX_NAME = 63

interface BareWords { instructions?: string | undefined, temperature?: number | undefined, unmetered?: boolean | undefined, mcp?: McpServers | undefined }

/** The agent that stands for a model: each model has one, each change of its words a version. */
function bareModel(model: string, { instructions, temperature, unmetered, mcp }: BareWords): string {
  return stringify({
    name: `chat-${model.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')}`.slice(0, MAX_NAME),
    description: `${model} by itself, for conversations`,
    runtime: 'llm',
    model: [model],
    ...(instructions && { instructions }),
    ...(temperature !== undefined && { temperature }),
    ...(unmetered && { cost: 'unmetered' }),
    ...(mcp && { mcp, secrets: secretsIn(mcp) }),
    tools: [],
  })
}

/** Those that its headers name. */
function secretsIn(mcp: McpServers): string[] {
  const values = Object.values(mcp).flatMap(({ headers }) => Object.values(headers ?? {}))
  return [...new Set(values.flatMap(value => [...value.matchAll(/\$\{secrets\.(\w+)\}/g)].map(match => match[1]!)))] // the pattern has the one group
}

async function toCaller<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  }
  catch (error) {
    throw error instanceof ChatError ? new TRPCError({ code: 'CONFLICT', message: error.message }) : error
  }
}
