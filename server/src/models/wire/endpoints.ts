import type { Redactor } from '../../domain/redact/redactor.ts'
import type { ModelSettings, Provider } from '../providers.ts'
import type { WireFormat } from './route.ts'
import { createRedactor } from '../../domain/redact/redactor.ts'
import { secretValueProblem } from '../../domain/secret.ts'
import { CLAUDE_URL, GEMINI_URL, without } from '../providers.ts'

/** A provider as the wire sees it: where it is, what it speaks, and how it is told who asks. */
export interface Endpoint {
  /** As a manifest calls it. */
  provider: string
  formats: WireFormat[]
  /** With no slash at its end. */
  baseUrl: string
  /** Takes its key out of what it says. */
  redactor: Redactor
  /** What goes with each request; it wins over what the agent sends. Never leaves this folder but to the provider itself. */
  credentials: Record<string, string>
  /** Goes with a request that says nothing of its own. */
  defaults: Record<string, string>
  /** null when it can be called; else a sentence that says what to do. */
  missing: () => string | null
}

export function createEndpoints({ claude, gemini }: ModelSettings, providers: Provider[]): Endpoint[] {
  return [
    ...providers.filter(({ speaksChat }) => speaksChat).map(speaksOpenAI),
    {
      provider: 'claude',
      formats: ['messages'],
      baseUrl: without(/\/v1$/, claude.baseUrl ?? CLAUDE_URL),
      redactor: redactorOf(claude.apiKey),
      credentials: claude.apiKey === null ? {} : { 'x-api-key': claude.apiKey },
      defaults: { 'anthropic-version': '2023-06-01' },
      missing: () => claude.apiKey || claude.baseUrl
        ? null
        : 'Claude has no key: set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for another endpoint that speaks its language, and start the server again.',
    },
    {
      provider: 'gemini',
      formats: ['gemini'],
      baseUrl: without(/\/v1(?:beta|alpha)?$/, gemini.baseUrl ?? GEMINI_URL),
      redactor: redactorOf(gemini.apiKey),
      credentials: gemini.apiKey === null ? {} : { 'x-goog-api-key': gemini.apiKey },
      defaults: {},
      missing: () => gemini.apiKey || gemini.baseUrl
        ? null
        : 'Gemini has no key: set GEMINI_API_KEY, or GEMINI_BASE_URL for another endpoint that speaks its language, and start the server again.',
    },
  ]
}

function speaksOpenAI({ name, baseUrl, secret, missing }: Provider): Endpoint {
  return {
    provider: name,
    formats: name === 'openai' ? ['chat', 'responses'] : ['chat'],
    baseUrl: without(/$/, baseUrl),
    redactor: redactorOf(secret),
    credentials: secret === null ? {} : { authorization: `Bearer ${secret}` },
    defaults: {},
    missing,
  }
}

/** A "key" that is too short or too plain is a word for an endpoint that asks for none; it stands in ordinary text by chance. */
function redactorOf(key: string | null): Redactor {
  return createRedactor(key !== null && secretValueProblem(key) === null ? [{ value: key, shown: '[key]' }] : [])
}
