import type { Redactor } from '../../domain/redact/redactor.ts'
import type { ModelSettings, Provider } from '../providers.ts'
import type { WireFormat } from './route.ts'
import { createRedactor } from '../../domain/redact/redactor.ts'
import { secretValueProblem } from '../../domain/secret.ts'

/** A provider as the wire sees it: where it is, what it speaks, and how it is told who asks. */
export interface Endpoint {
  provider: 'openai' | 'github' | 'ollama' | 'claude' | 'gemini'
  /** What else a manifest may call it. */
  alias: string | null
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

const CLAUDE_URL = 'https://api.anthropic.com'
const GEMINI_URL = 'https://generativelanguage.googleapis.com'

export function createEndpoints({ claude, gemini }: ModelSettings, providers: Provider[]): Endpoint[] {
  return [
    ...providers.map(speaksOpenAI),
    {
      provider: 'claude',
      alias: 'anthropic',
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
      alias: 'google',
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
    alias: null,
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

/** The paths of the wire begin with the version, and people write addresses with and without it. */
function without(version: RegExp, url: string): string {
  return url.replace(/\/+$/, '').replace(version, '')
}
