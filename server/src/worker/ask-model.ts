import type { Redactor } from '../domain/redact/redactor.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'
import type { ModelOutcome } from '../models/call-model.ts'
import type { Gateway } from '../models/gateway.ts'
import type { OrderedLog } from './ordered-log.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { event } from '../domain/event.ts'
import { coalesceDeltas } from './coalesce-deltas.ts'

interface Asked {
  ask: Extract<ExecutorAsk, { kind: 'model' }>
  /** `provider/model`, tried in this order. */
  models: string[]
  gateway: Gateway
  redactor: Redactor
  log: OrderedLog
  /** Text as it arrives, for the loop that asked. */
  chunk: (text: string) => void
  signal: AbortSignal
}

/** How often the whole list is tried, and how long is waited in between, unless an endpoint says for how long. */
const ROUNDS = 3
const WAIT_MS = [1_000, 4_000]
const MAX_WAIT_MS = 30_000

/**
 * One turn of a model: each of the manifest's in order until one answers, and the list again, after a while, when that
 * may help. Every call is recorded before it is made and after it has ended, failed ones too.
 */
export async function askModel(asked: Asked): Promise<ModelOutcome> {
  const { models, gateway, signal } = asked
  const usable = models.filter(model => gateway.canServe(model) === null)
  // When none can be called, calling the first one says why.
  const inOrder = usable.length > 0 ? usable : models.slice(0, 1)
  for (let round = 1; ; round++) {
    const failures: Extract<ModelOutcome, { ok: false }>[] = []
    for (const model of inOrder) {
      const outcome = await callOnce(model, asked)
      if (outcome.ok || outcome.kind === 'aborted')
        return outcome
      failures.push(outcome)
    }
    const worthWaitingFor = failures.filter(({ retryable }) => retryable)
    if (worthWaitingFor.length === 0 || round === ROUNDS)
      return worthWaitingFor[0] ?? failures[0]!
    const waitMs = Math.min(...worthWaitingFor.map(({ retryAfterMs }) => retryAfterMs ?? WAIT_MS[round - 1]!))
    if (waitMs > MAX_WAIT_MS)
      return worthWaitingFor[0]!
    await delay(waitMs, undefined, { signal }).catch(() => {}) // the next call says that it was stopped
  }
}

async function callOnce(model: string, { ask, gateway, redactor, log, chunk, signal }: Asked): Promise<ModelOutcome> {
  const { step, messages, tools } = ask
  const startedAt = performance.now()
  await log.record([event('model.requested', { step, model, messages: messages.length, tools: tools.map(tool => tool.name) })])
  const deltas = coalesceDeltas((kind, text) => {
    void log.push([event('model.delta', { step, kind, text })])
    if (kind === 'text')
      chunk(text)
  })
  const texts = { text: redactor.stream(), reasoning: redactor.stream() }
  const add = (kind: 'text' | 'reasoning', text: string) => text && deltas.add({ kind, text })
  const outcome = redactor.value(await gateway.call({ model, messages, tools, onDelta: ({ kind, text }) => add(kind, texts[kind].push(text)), signal }))
  add('reasoning', texts.reasoning.end())
  add('text', texts.text.end())
  deltas.end()
  await log.record([event('model.responded', {
    step,
    model,
    ...(outcome.ok
      ? { text: outcome.text, finish: outcome.finish, toolCalls: outcome.toolCalls, usage: outcome.usage }
      : { text: '', finish: 'error', toolCalls: [], usage: { inputTokens: 0, outputTokens: 0 }, error: outcome.message }),
    costUsd: null, // prices come with budgets
    durationMs: Math.round(performance.now() - startedAt),
  })])
  return outcome
}
