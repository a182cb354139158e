import type { IncomingHttpHeaders } from 'node:http'
import type { Redactor } from '../../domain/redact/redactor.ts'

/**
 * What of an agent's request goes on to the provider: what says how to answer. Not its credentials, cookies, addresses, nor what
 * names an account to be billed.
 */
export function requestHeaders(given: IncomingHttpHeaders, credentials: Record<string, string>, defaults: Record<string, string>): Record<string, string> {
  const kept = Object.entries(given).flatMap(([name, value]) => REQUEST.test(name) && typeof value === 'string' ? [[name, value]] : [])
  return { ...defaults, ...Object.fromEntries(kept), ...credentials, 'content-type': 'application/json', 'accept-encoding': 'identity' }
}

const REQUEST = /^(?:accept|user-agent|anthropic-(?:version|beta|dangerous-direct-browser-access)|openai-beta|idempotency-key|x-client-request-id|x-goog-api-client|x-stainless-[a-z-]+|x-app|originator|session_id|conversation_id)$/

/** What of the provider's answer goes to the agent. A value that holds a key is left out. */
export function responseHeaders(given: Headers, redactor: Redactor): Record<string, string> {
  return Object.fromEntries([...given].filter(([name, value]) => RESPONSE.test(name) && redactor.text(value) === value))
}

const RESPONSE = /^(?:content-type|retry-after|retry-after-ms|x-should-retry|request-id|x-request-id|x-goog-request-id|openai-processing-ms|openai-version|(?:anthropic|x)-ratelimit-[a-z0-9-]+)$/
