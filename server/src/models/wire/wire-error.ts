import type { WireFormat } from './route.ts'

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 429 | 431 | 502 | 503 | 504

/** What the gateway itself refuses, in the shape in which each vendor's client reads errors. */
export function wireError(format: WireFormat, status: ErrorStatus, message: string): string {
  const { openai, code, anthropic, google } = WORDS[status]
  if (format === 'messages')
    return JSON.stringify({ type: 'error', error: { type: anthropic, message } })
  if (format === 'gemini')
    return JSON.stringify({ error: { code: status, message, status: google } })
  return JSON.stringify({ error: { message, type: openai, param: null, code } })
}

const INVALID = { openai: 'invalid_request_error', code: null, anthropic: 'invalid_request_error', google: 'INVALID_ARGUMENT' }
const BROKEN = { openai: 'server_error', code: null, anthropic: 'api_error', google: 'UNAVAILABLE' }

const WORDS: Record<ErrorStatus, { openai: string, code: string | null, anthropic: string, google: string }> = {
  400: INVALID,
  401: { openai: 'invalid_request_error', code: 'invalid_api_key', anthropic: 'authentication_error', google: 'UNAUTHENTICATED' },
  403: { openai: 'invalid_request_error', code: 'model_not_allowed', anthropic: 'permission_error', google: 'PERMISSION_DENIED' },
  404: { ...INVALID, code: 'not_found', anthropic: 'not_found_error', google: 'NOT_FOUND' },
  405: INVALID,
  408: { ...INVALID, google: 'DEADLINE_EXCEEDED' },
  413: { ...INVALID, anthropic: 'request_too_large' },
  415: INVALID,
  429: { openai: 'rate_limit_error', code: 'rate_limit_exceeded', anthropic: 'rate_limit_error', google: 'RESOURCE_EXHAUSTED' },
  431: INVALID,
  502: BROKEN,
  503: { ...BROKEN, anthropic: 'overloaded_error' },
  504: { ...BROKEN, google: 'DEADLINE_EXCEEDED' },
}
