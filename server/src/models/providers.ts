import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { PriceTable } from '../domain/price.ts'
import type { ModelLister } from './list-models.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { listsOf } from './list-models.ts'
import { createOllamaLook } from './ollama.ts'

interface Key { apiKey: string | null, baseUrl: string | null }

export interface ModelSettings {
  /** `speaks`: what its base URL speaks; OpenAI itself speaks both. */
  openai: Key & { speaks: 'chat' | 'responses' | null }
  github: Key
  claude: Key
  gemini: Key
  cohere: Key
  /** null: the default address of a local Ollama is tried. */
  ollama: { url: string | null }
  /** Others that speak OpenAI's language. */
  endpoints: { name: string, baseUrl: string, apiKey: string | null }[]
  /** A list that goes before the built-in one. */
  prices: PriceTable | null
}

/** What a loop of ours can call; programs that speak to a model themselves have wire/endpoints.ts. */
export interface Provider {
  /** As a manifest calls it. */
  name: string
  /** For people. */
  title: string
  example: string
  /** What holds its key, for messages. */
  keyName: string | null
  /** Never leaves this folder; kept here so that it can be taken out of error messages. */
  secret: string | null
  baseUrl: string
  /** OpenAI chat, for the wire; null: it speaks a language of its own. */
  speaksChat: boolean
  /** null when it can be used; else a sentence that says what to do. */
  missing: () => string | null
  look: () => Promise<void>
  /** Its library is loaded with the first call: a command line that calls no model does not pay for it. */
  languageModel: (modelId: string) => Promise<LanguageModelV4>
  listModels: ModelLister
  /** What goes with each request to it, beside the messages. */
  options: Record<string, Record<string, boolean>>
}

export const OPENAI_URL = 'https://api.openai.com/v1'
const GITHUB_URL = 'https://models.github.ai/inference'
export const CLAUDE_URL = 'https://api.anthropic.com'
export const GEMINI_URL = 'https://generativelanguage.googleapis.com'
const COHERE_URL = 'https://api.cohere.com'

/** For an endpoint of one's own that asks for none: the libraries want one, and would look in the environment for it. */
const NO_KEY = 'none'

export function createProviders(settings: ModelSettings): Provider[] {
  const { openai, github, claude, gemini, cohere, ollama, endpoints } = settings
  return [
    openaiProvider(openai),
    claudeProvider(claude),
    geminiProvider(gemini),
    cohereProvider(cohere),
    {
      ...chat({ name: 'github', title: 'GitHub Models', baseUrl: github.baseUrl ?? GITHUB_URL, apiKey: github.apiKey }),
      example: 'github/openai/gpt-4.1',
      keyName: 'GITHUB_TOKEN',
      missing: () => missingKey(github, 'GitHub Models has no key: set GITHUB_TOKEN (a token with the permission models:read)'),
    },
    ollamaProvider(ollama),
    ...endpoints.map(({ name, baseUrl, apiKey }): Provider => ({
      ...chat({ name, title: name, baseUrl, apiKey }),
      example: `${name}/a-model`,
      keyName: `${name.toUpperCase().replaceAll('-', '_')}_API_KEY`,
      // Some ask for no key, and those that do say so.
      missing: () => null,
    })),
  ]
}

/** OpenAI itself is asked in its newest language, another endpoint in the one that all speak, unless OPENAI_API says otherwise. */
function openaiProvider({ apiKey, baseUrl, speaks }: ModelSettings['openai']): Provider {
  const about = { name: 'openai', title: 'OpenAI', baseUrl: baseUrl ?? OPENAI_URL, apiKey }
  const responses = async (modelId: string): Promise<LanguageModelV4> => {
    const { createOpenAI } = await import('@ai-sdk/openai')
    return createOpenAI({ baseURL: about.baseUrl, apiKey: apiKey ?? NO_KEY, fetch: boundedFetch }).responses(modelId)
  }
  const isNative = (speaks ?? (baseUrl === null ? 'responses' : 'chat')) === 'responses'
  return {
    ...chat(about),
    example: 'openai/gpt-6-sol',
    keyName: 'OPENAI_API_KEY',
    missing: () => missingKey({ apiKey, baseUrl }, 'OpenAI has no key: set OPENAI_API_KEY, or OPENAI_BASE_URL for another OpenAI-compatible endpoint'),
    // Nothing is kept on their side: what a later turn needs comes back with it.
    ...isNative && { languageModel: responses, options: { openai: { store: false } } },
  }
}

function claudeProvider({ apiKey, baseUrl }: Key): Provider {
  const root = without(/\/v1$/, baseUrl ?? CLAUDE_URL)
  return {
    ...own({ name: 'claude', title: 'Claude', baseUrl: root, apiKey }),
    example: 'claude/claude-sonnet-5-5',
    keyName: 'ANTHROPIC_API_KEY',
    missing: () => missingKey({ apiKey, baseUrl }, 'Claude has no key: set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for another endpoint that speaks its language'),
    async languageModel(modelId) {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return createAnthropic({ baseURL: `${root}/v1`, apiKey: apiKey ?? NO_KEY, fetch: boundedFetch })(modelId)
    },
    listModels: listsOf.claude(root, apiKey),
  }
}

function geminiProvider({ apiKey, baseUrl }: Key): Provider {
  const root = without(/\/v1(?:beta|alpha)?$/, baseUrl ?? GEMINI_URL)
  return {
    ...own({ name: 'gemini', title: 'Gemini', baseUrl: root, apiKey }),
    example: 'gemini/gemini-3.5-flash',
    keyName: 'GEMINI_API_KEY',
    missing: () => missingKey({ apiKey, baseUrl }, 'Gemini has no key: set GEMINI_API_KEY, or GEMINI_BASE_URL for another endpoint that speaks its language'),
    async languageModel(modelId) {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle({ baseURL: `${root}/v1beta`, apiKey: apiKey ?? NO_KEY, fetch: boundedFetch })(modelId)
    },
    listModels: listsOf.gemini(root, apiKey),
  }
}

function cohereProvider({ apiKey, baseUrl }: Key): Provider {
  const root = without(/\/v[12]$/, baseUrl ?? COHERE_URL)
  return {
    ...own({ name: 'cohere', title: 'Cohere', baseUrl: root, apiKey }),
    example: 'cohere/command-a-03-2025',
    keyName: 'COHERE_API_KEY',
    missing: () => missingKey({ apiKey, baseUrl }, 'Cohere has no key: set COHERE_API_KEY, or COHERE_BASE_URL for another endpoint that speaks its language'),
    async languageModel(modelId) {
      const { createCohere } = await import('@ai-sdk/cohere')
      return createCohere({ baseURL: `${root}/v2`, apiKey: apiKey ?? NO_KEY, fetch: boundedFetch })(modelId)
    },
    listModels: listsOf.cohere(root, apiKey),
  }
}

function ollamaProvider({ url }: ModelSettings['ollama']): Provider {
  const local = createOllamaLook(url)
  return {
    ...chat({ name: 'ollama', title: 'Ollama', baseUrl: `${local.url}/v1`, apiKey: null }),
    example: 'ollama/qwen3',
    keyName: null,
    missing: local.missing,
    look: local.look,
  }
}

interface About { name: string, title: string, baseUrl: string, apiKey: string | null }

/** A language of its own. */
function own({ name, title, baseUrl, apiKey }: About) {
  return { name, title, baseUrl, secret: apiKey, speaksChat: false, look: async () => {}, options: {} }
}

function chat(about: About) {
  const { name, baseUrl, apiKey } = about
  return {
    ...own(about),
    speaksChat: true,
    async languageModel(modelId: string): Promise<LanguageModelV4> {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const key = apiKey ? { apiKey } : {}
      const provider = createOpenAICompatible({ name, baseURL: baseUrl, includeUsage: true, fetch: boundedFetch, transformRequestBody, ...key })
      return provider.chatModel(modelId)
    },
    listModels: listsOf.openai(baseUrl, apiKey),
  }
}

/** OpenAI's models that think know the longest answer by its newer word alone, wherever they are called; what imitates OpenAI mostly by the older. */
function transformRequestBody({ max_tokens: longest, ...body }: Record<string, unknown>): Record<string, unknown> {
  if (longest === undefined)
    return body
  return /^(?:openai\/)?(?:o\d|gpt-(?:[5-9]|\d\d))/.test(String(body.model)) ? { ...body, max_completion_tokens: longest } : { ...body, max_tokens: longest }
}

/** An endpoint of one's own often asks for no key. */
function missingKey({ apiKey, baseUrl }: Key, problem: string): string | null {
  return apiKey || baseUrl ? null : `${problem}, and start the server again.`
}

/** People write addresses with and without the version. */
export function without(version: RegExp, url: string): string {
  return url.replace(/\/+$/, '').replace(version, '')
}

/** Why a model of such a provider cannot be used, and what can be. */
export function whyUnknown(model: string, providers: Pick<Provider, 'name'>[]): string {
  return `${JSON.stringify(model)} names no provider that is known here. Expected ${providers.map(({ name }) => `${name}/…`).join(', ')}, or another by its name in AGENTOS_ENDPOINTS.`
}
