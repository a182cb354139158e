import type { Provider } from './providers.ts'
import { APICallError, InvalidResponseDataError, JSONParseError, TypeValidationError } from '@ai-sdk/provider'

export type FailureKind = 'auth' | 'rate_limited' | 'unavailable' | 'bad_request' | 'malformed' | 'aborted'

export interface ModelFailure {
  ok: false
  kind: FailureKind
  /** One sentence for a person: who said what, and what to do. Never holds a key. */
  message: string
  /** True when the same call may go better later. */
  retryable: boolean
  /** How long the endpoint asked to be left alone. */
  retryAfterMs: number | null
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
  aborted: false,
}

/** What went wrong with a call, from whatever the SDK, fetch or the stream itself threw or sent. */
export function classify(error: unknown, provider: Provider, modelId: string): ModelFailure {
  const found = recognise(error, provider, modelId)
  return { ...found, message: withoutSecret(found.message, provider.secret) }
}

function recognise(error: unknown, provider: Provider, modelId: string): ModelFailure {
  const who = `${provider.name}/${modelId}`
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400)
    return byStatus(error.statusCode, saidBy(error), error, provider, who)
  if (APICallError.isInstance(error) && error.isRetryable)
    return failure('unavailable', `${who} cannot be reached: ${error.message}.`)
  if (InvalidResponseDataError.isInstance(error) && error.message.includes('without a finish reason'))
    return failure('unavailable', `${who} was cut off in the middle of its answer.`)
  if (InvalidResponseDataError.isInstance(error) || JSONParseError.isInstance(error) || TypeValidationError.isInstance(error))
    return failure('malformed', `${who} sent what is not an OpenAI-compatible stream: ${short(error.message)}`)
  if (error instanceof Error)
    return failure('unavailable', `${who} was cut off: ${short(messages(error))}.`)
  return fromStream(error, provider, who)
}

function byStatus(status: number, said: string, error: APICallError, provider: Provider, who: string): ModelFailure {
  const answered = `${who} answered ${status}: ${said}.`
  if (status === 401 || status === 403)
    return failure('auth', provider.keyName ? `${answered} Check ${provider.keyName}.` : answered)
  if (status === 429) {
    // An empty account answers 429 too, and waiting does not fill it.
    if (/insufficient_quota/.test(error.responseBody ?? ''))
      return { ...failure('rate_limited', answered), retryable: false }
    return failure('rate_limited', answered, retryAfterMs(error.responseHeaders))
  }
  if (status >= 500 || status === 408 || status === 409 || status === 425)
    return failure('unavailable', answered, retryAfterMs(error.responseHeaders))
  return failure('bad_request', answered)
}

/** An `error` object in the middle of a stream that began well. */
function fromStream(error: unknown, provider: Provider, who: string): ModelFailure {
  const { message, code, type } = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Record<string, unknown>
  const said = `${who} broke off: ${short(String(message ?? 'no reason given'))}`
  const words = `${code} ${type}`
  if (/401|403|auth/.test(words))
    return failure('auth', provider.keyName ? `${said}. Check ${provider.keyName}.` : said)
  if (/429|rate_limit/.test(words))
    return failure('rate_limited', said)
  if (/40\d|invalid_request|context_length/.test(words))
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

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

function withoutSecret(text: string, secret: string | null): string {
  return secret ? text.replaceAll(secret, '[key]') : text
}
