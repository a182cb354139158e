import type { EndedCall, Spending } from '../budgets/spending.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { ExecutorAsk } from '../executor/protocol/output.ts'
import type { ModelOutcome } from '../models/call-model.ts'
import type { Gateway } from '../models/gateway.ts'
import type { ModelAnswer, ModelDelta } from '../models/model-answer.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { RequestWriter } from './write-request.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { event } from '../domain/event.ts'
import { failure } from '../models/failure.ts'
import { coalesceDeltas } from './coalesce-deltas.ts'

interface Asked {
  ask: Extract<ExecutorAsk, { kind: 'model' }>
  /** `provider/model`, tried in this order. */
  models: string[]
  temperature: number | null
  gateway: Gateway
  redactor: Redactor
  log: OrderedLog
  requests: RequestWriter
  spending: Spending
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

async function callOnce(model: string, { ask, temperature, gateway, redactor, log, spending, requests, chunk, signal }: Asked): Promise<ModelOutcome> {
  const { step, messages, tools } = ask
  const startedAt = performance.now()
  const inputBytes = Buffer.byteLength(JSON.stringify({ messages, tools }))
  const begun = await spending.begin({ step, model, inputBytes, parts: messages.length + tools.length, maxOutputTokens: null })
  if (!begun.ok)
    return failure('aborted', begun.detail)
  const bound = begun.maxOutputTokens === null ? {} : { maxOutputTokens: begun.maxOutputTokens }
  // After the hold: what was never asked must not be in the log as known.
  try {
    const { asked, events } = await requests.write(step, { messages, tools, ...temperature !== null && { temperature } })
    const names = tools.map(tool => tool.name)
    const about = { step, model, messages: messages.length, tools: names, ...asked && { asked }, ...begun.call !== null && { call: begun.call }, ...bound }
    await log.record([...events, event('model.requested', about)])
  }
  catch (error) {
    await begun.release()
    throw error
  }
  const deltas = coalesceDeltas((kind, text) => {
    void log.push([event('model.delta', { step, kind, text })])
    if (kind === 'text')
      chunk(text)
  })
  let heardBytes = 0
  const texts = { text: redactor.stream(), reasoning: redactor.stream() }
  const add = (kind: 'text' | 'reasoning', text: string) => text && deltas.add({ kind, text })
  const hear = ({ kind, text }: ModelDelta) => {
    heardBytes += Buffer.byteLength(text)
    add(kind, texts[kind].push(text))
  }
  const said = await gateway.call({ model, messages, tools, temperature, ...bound, onDelta: hear, signal })
  const outcome = redacted(said, redactor)
  add('reasoning', texts.reasoning.end())
  add('text', texts.text.end())
  deltas.end()
  await log.record([event('model.responded', {
    step,
    model,
    ...(outcome.ok
      ? answerOf(outcome)
      : { text: '', finish: 'error', toolCalls: [], error: outcome.message }),
    ...begun.count(endOf(outcome, heardBytes)),
    durationMs: Math.round(performance.now() - startedAt),
  })])
  return outcome
}

function answerOf({ text, finish, toolCalls, continuation }: ModelAnswer) {
  return { text, finish, toolCalls, ...continuation && { continuation } }
}

function endOf(outcome: ModelOutcome, heardBytes: number): EndedCall {
  if (!outcome.ok) {
    const { usage = { inputTokens: 0, outputTokens: 0 }, isFree = false } = outcome
    return { usage, isWhole: outcome.usage !== undefined, isFree, answerBytes: heardBytes }
  }
  const { usage, toolCalls } = outcome
  const answerBytes = heardBytes + (toolCalls.length > 0 ? Buffer.byteLength(JSON.stringify(toolCalls)) : 0)
  return { usage, isWhole: true, isFree: false, answerBytes }
}

/** What was signed must go back as it was: where something had to be taken out, the model is told its text and calls alone. */
function redacted(said: ModelOutcome, redactor: Redactor): ModelOutcome {
  const outcome = redactor.value(said)
  if (!outcome.ok || !said.ok || outcome.continuation === undefined)
    return outcome
  const { continuation: _, ...rest } = outcome
  const signed = ({ text, toolCalls, continuation }: ModelAnswer) => JSON.stringify([text, toolCalls, continuation])
  return signed(outcome) === signed(said) ? outcome : rest
}
