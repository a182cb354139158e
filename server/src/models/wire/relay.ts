import type { ServerResponse } from 'node:http'
import type { ModelTimeouts } from '../watch-silence.ts'
import type { AnswerSoFar, WireAnswer } from './answer.ts'
import type { Endpoint } from './endpoints.ts'
import type { WireRecord } from './recorder.ts'
import type { CallRoute } from './route.ts'
import type { ErrorStatus } from './wire-error.ts'
import { NOT_THERE } from '../failure.ts'
import { watchSilence } from '../watch-silence.ts'
import { createAnswer } from './answer.ts'
import { responseHeaders } from './headers.ts'
import { passOn, SlowReaderError } from './pass-on.ts'
import { readAnswer } from './read-answer.ts'
import { wireError } from './wire-error.ts'

export interface Relay {
  route: CallRoute
  endpoint: Endpoint
  /** `provider/model`, for messages. */
  model: string
  headers: Record<string, string>
  body: Buffer
  /** The agent asked for a stream of chat and not for its usage: the event that says it stays here. */
  hidesUsage: boolean
  response: ServerResponse
  record: WireRecord
  /** Aborted when the run is to end. */
  signal: AbortSignal
  bounds: ModelTimeouts & { slowReaderMs: number, maxAnswerBytes: number }
}

/**
 * One call: the provider's status, headers and body go to the agent as they come, and what passes by is counted. However it ends, it
 * is recorded once, and the provider is left alone. The agent sees the end of the answer only after that.
 */
export async function relay(call: Relay): Promise<void> {
  const { response, record, model, route } = call
  const startedAt = performance.now()
  const { redactor } = call.endpoint
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once('close', leave)
  const silence = watchSilence(AbortSignal.any([call.signal, gone.signal]), call.bounds)
  const answer = createAnswer(record.delta)

  const error = await carry(call, answer, silence).catch((error: unknown): Broken => {
    if (call.signal.aborted)
      return { status: 503, finish: 'other', why: 'The run ended before the answer was whole.' }
    if (gone.signal.aborted)
      return { status: 502, finish: 'other', why: 'The agent left before the answer was whole.' }
    if (error instanceof SlowReaderError)
      return { status: 502, finish: 'other', why: error.message }
    const silentMs = silence.tooLongMs()
    if (silentMs !== null)
      return { status: 504, finish: 'error', why: `${model} sent nothing for ${silentMs / 1000} s.` }
    const why = whyBroken(error, model, response.headersSent)
    return { status: 502, finish: 'error', why, isFree: !response.headersSent && NOT_THERE.test(why) }
  }).finally(() => silence.stop())
  response.off('close', leave)

  const result = answer.result()
  const why = error?.why ?? whyNotWhole(answer, call, response.statusCode)
  await record.responded({
    ...result,
    finish: error?.finish ?? (why === null ? result.finish : 'error'),
    error: why === null ? null : redactor.text(why),
    durationMs: Math.round(performance.now() - startedAt),
    isFree: route.isCount || error?.isFree === true || (response.headersSent && response.statusCode >= 400),
  })

  if (!error)
    response.end()
  else if (response.headersSent)
    response.destroy() // as the provider broke off, so does this
  else
    response.writeHead(error.status, { 'content-type': 'application/json' }).end(wireError(route.format, error.status, redactor.text(error.why)))
}

interface Broken {
  status: ErrorStatus
  finish: WireAnswer['finish']
  why: string
  /** The provider has not taken it. */
  isFree?: boolean
}

/** null when all of the provider's answer was passed on, whatever it says. Rejects when it broke off. */
async function carry(call: Relay, answer: AnswerSoFar, silence: ReturnType<typeof watchSilence>): Promise<Broken | null> {
  const { endpoint, route, model, response, bounds } = call
  const upstream = await fetch(endpoint.baseUrl + route.path, {
    method: 'POST',
    headers: call.headers,
    body: new Uint8Array(call.body.buffer as ArrayBuffer, call.body.byteOffset, call.body.byteLength), // a Buffer of ours, not a shared one
    redirect: 'manual',
    signal: silence.signal,
  })
  silence.heard()
  if (upstream.status >= 300 && upstream.status < 400) {
    await upstream.body?.cancel()
    return { status: 502, finish: 'error', why: `${model} answered ${upstream.status}, which leads elsewhere and is not followed.`, isFree: true }
  }
  const isSse = /^text\/event-stream\b/i.test(upstream.headers.get('content-type') ?? '')
  response.writeHead(upstream.status, responseHeaders(upstream.headers, endpoint.redactor))
  response.flushHeaders()
  const { redactor } = endpoint
  const reader = readAnswer({ format: route.format, isSse, isCount: route.isCount, isError: upstream.status >= 400, answer })
  const hidesUsage = call.hidesUsage && isSse
  await passOn({ from: upstream.body, to: response, redactor, hidesUsage, see: reader.push, heard: silence.heard, bounds, signal: silence.signal })
  reader.end()
  return null
}

/** The connection was kept to its end, and yet there is no answer. */
function whyNotWhole(answer: AnswerSoFar, { route, model }: Relay, status: number): string | null {
  const failure = answer.failure()
  if (status >= 400)
    return `${model} answered ${status}: ${failure ?? 'nothing more'}`
  if (failure !== null)
    return `${model} broke off: ${failure}`
  return answer.hasFinished() || route.isCount ? null : `${model} was cut off in the middle of its answer.`
}

function whyBroken(error: unknown, model: string, hasBegun: boolean): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const words = cause instanceof Error ? (cause as NodeJS.ErrnoException).code ?? cause.message : String(cause)
  return hasBegun ? `${model} was cut off: ${words}.` : `${model} cannot be reached: ${words}.`
}
