import type { ModelUsage } from '../domain/event.ts'
import type { Provider } from './providers.ts'
import { APICallError, InvalidResponseDataError, JSONParseError, TypeValidationError } from '@ai-sdk/provider'
import { CutOffError, EmptyAnswerError } from './collect-answer.ts'

/** What can go wrong: a wrong key, too many calls, an outage, an answer that is none, nothing at all, a conversation that is too long. */
export type FailureKind = 'auth' | 'rate_limited' | 'unavailable' | 'bad_request' | 'malformed' | 'empty' | 'too_long' | 'aborted'

export interface ModelFailure {
  ok: false
  kind: FailureKind
  /** One sentence for a person: who said what, and what to do. Never holds a key. */
  message: string
  /** True when the same call may go better later. */
  retryable: boolean
  /** How long the endpoint asked to be left alone. */
  retryAfterMs: number | null
  /** The provider refused it, or was not there: nothing can have been charged for it. */
  isFree?: true
  /** What it has counted all the same: it has brought an answer to its end that is none. */
  usage?: ModelUsage
}

export function failure(kind: FailureKind, message: string, retryAfterMs: number | null = null): ModelFailure {
  return { ok: false, kind, message, retryable: RETRYABLE[kind], retryAfterMs }
}

const RETRYABLE: Record<FailureKind, boolean> = {
  auth: false,
  rate_limited: true,
  unavailable: true,
  bad_request: false,
  malformed: true,
  empty: true,
  too_long: false,
  aborted: false,
}

type About = Pick<Provider, 'name' | 'keyName' | 'secret'>

/** What went wrong with a call, from whatever the SDK, fetch or the stream itself threw or sent. */
export function classify(error: unknown, provider: About, modelId: string): ModelFailure {
  const found = recognise(error, provider, `${provider.name}/${modelId}`)
  return { ...found, message: withoutSecret(found.message, provider.secret) }
}

function recognise(error: unknown, provider: About, who: string): ModelFailure {
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400)
    return { ...byStatus(error.statusCode, saidBy(error), error, provider, who), isFree: true }
  if (error instanceof EmptyAnswerError)
    return { ...failure('empty', `${who} answered with nothing.`), usage: error.usage }
  if (error instanceof CutOffError || (InvalidResponseDataError.isInstance(error) && error.message.includes('without a finish reason')))
    return failure('unavailable', `${who} was cut off in the middle of its answer.`)
  if (isMalformed(error))
    return failure('malformed', `${who} sent what cannot be read as an answer: ${short(error.message)}`)
  if (APICallError.isInstance(error) && error.isRetryable)
    return { ...failure('unavailable', `${who} cannot be reached: ${error.message}.`), ...NOT_THERE.test(error.message) && { isFree: true } }
  if (error instanceof Error)
    return failure('unavailable', `${who} was cut off: ${short(messages(error))}.`)
  return fromStream(error, provider, who)
}

/** It was never connected to: what was sent cannot have arrived. */
export const NOT_THERE = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/

/** Claude's library loses the error of a first line that is no JSON, and says this instead. */
const LOST_BY_LIBRARY = 'Expected a normalized Anthropic stream error'

function isMalformed(error: unknown): error is Error {
  return (error instanceof Error && error.message === LOST_BY_LIBRARY)
    || InvalidResponseDataError.isInstance(error) || JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)
    || (APICallError.isInstance(error) && error.cause !== undefined && isMalformed(error.cause))
}

/** What vendors say of a conversation that their model cannot take. */
const TOO_LONG = /context_length_exceeded|context (?:length|window)|prompt is too long|too many tokens|token count .*exceeds|exceeds? the (?:maximum|limit).*token|tokens_limit_reached|request_too_large|maximum context/i
/** Gemini says 400 of a key that is none. */
const WRONG_KEY = /API_KEY_INVALID|API key not valid/i
/** An empty account answers as if it were called too often, and waiting does not fill it. */
const NO_CREDIT = /insufficient_quota|credit balance is too low|billing_hard_limit/

function byStatus(status: number, said: string, error: APICallError, provider: About, who: string): ModelFailure {
  const answered = `${who} answered ${status}: ${said}.`
  const body = error.responseBody ?? ''
  if (status === 401 || status === 403 || (status === 400 && WRONG_KEY.test(body)))
    return failure('auth', provider.keyName ? `${answered} Check ${provider.keyName}.` : answered)
  if (NO_CREDIT.test(body))
    return { ...failure('rate_limited', answered), retryable: false }
  if (status === 413 || (status < 500 && TOO_LONG.test(body)))
    return failure('too_long', `${answered} The conversation is longer than this model takes.`)
  if (status === 429)
    return failure('rate_limited', answered, retryAfterMs(error.responseHeaders) ?? retryDelayMs(body))
  if (status >= 500 || status === 408 || status === 409 || status === 425)
    return failure('unavailable', answered, retryAfterMs(error.responseHeaders))
  return failure('bad_request', answered)
}

/** An `error` object in the middle of a stream that began well. */
function fromStream(error: unknown, provider: About, who: string): ModelFailure {
  const { message, code, type, statusCode } = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Record<string, unknown>
  const said = `${who} broke off: ${short(String(message ?? 'no reason given'))}`
  const words = `${code} ${type} ${statusCode}`
  if (/401|403|auth|permission/.test(words))
    return failure('auth', provider.keyName ? `${said}. Check ${provider.keyName}.` : said)
  if (/429|rate_limit|RESOURCE_EXHAUSTED/.test(words))
    return failure('rate_limited', said)
  if (TOO_LONG.test(`${words} ${message}`))
    return failure('too_long', said)
  if (/40\d|invalid_request/.test(words))
    return failure('bad_request', said)
  return failure('unavailable', said)
}

function saidBy(error: APICallError): string {
  const said = error.data ? error.message : error.responseBody || error.message || 'nothing more'
  return short(said).replace(/\.$/, '')
}

function messages(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

/** `retry-after` in seconds or as a date, `retry-after-ms` in milliseconds. */
function retryAfterMs(headers: Record<string, string> | undefined): number | null {
  const ms = Number(headers?.['retry-after-ms'])
  if (headers?.['retry-after-ms'] && Number.isFinite(ms))
    return Math.max(0, ms)
  const after = headers?.['retry-after']
  if (!after)
    return null
  const seconds = Number(after)
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(after) - Date.now()
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : null
}

/** Gemini says it in the body: "retryDelay": "17s". */
function retryDelayMs(body: string): number | null {
  const [, seconds] = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(body) ?? []
  return seconds === undefined ? null : Number(seconds) * 1000
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

function withoutSecret(text: string, secret: string | null): string {
  return secret ? text.replaceAll(secret, '[key]') : text
}
