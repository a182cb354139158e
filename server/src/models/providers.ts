import type { LanguageModelV4 } from '@ai-sdk/provider'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { boundedFetch } from './bounded-fetch.ts'
import { createOllamaLook } from './ollama.ts'

export interface ModelSettings {
  openai: { apiKey: string | null, baseUrl: string | null }
  github: { apiKey: string | null }
  claude: { apiKey: string | null, baseUrl: string | null }
  gemini: { apiKey: string | null, baseUrl: string | null }
  /** null: the default address of a local Ollama is tried. */
  ollama: { url: string | null }
}

/** What a loop of ours can call; programs that speak to a model themselves have wire/endpoints.ts. */
export interface Provider {
  name: 'openai' | 'github' | 'ollama'
  example: string
  /** What holds its key, for messages. */
  keyName: string | null
  /** Never leaves this folder; kept here so that it can be taken out of error messages. */
  secret: string | null
  baseUrl: string
  /** null when it can be used; else a sentence that says what to do. */
  missing: () => string | null
  look: () => Promise<void>
  languageModel: (modelId: string) => LanguageModelV4
}

const OPENAI_URL = 'https://api.openai.com/v1'
const GITHUB_URL = 'https://models.github.ai/inference'

export function createProviders({ openai, github, ollama }: ModelSettings): Provider[] {
  const local = createOllamaLook(ollama.url)
  return [
    {
      name: 'openai',
      example: 'openai/gpt-5',
      keyName: 'OPENAI_API_KEY',
      secret: openai.apiKey,
      baseUrl: openai.baseUrl ?? OPENAI_URL,
      // An endpoint of one's own often asks for no key.
      missing: () => openai.apiKey || openai.baseUrl
        ? null
        : 'OpenAI has no key: set OPENAI_API_KEY, or OPENAI_BASE_URL for another OpenAI-compatible endpoint, and start the server again.',
      look: async () => {},
      languageModel: compatible('openai', openai.baseUrl ?? OPENAI_URL, openai.apiKey),
    },
    {
      name: 'github',
      example: 'github/openai/gpt-4.1',
      keyName: 'GITHUB_TOKEN',
      secret: github.apiKey,
      baseUrl: GITHUB_URL,
      missing: () => github.apiKey
        ? null
        : 'GitHub Models has no key: set GITHUB_TOKEN (a token with the permission models:read) and start the server again.',
      look: async () => {},
      languageModel: compatible('github', GITHUB_URL, github.apiKey),
    },
    {
      name: 'ollama',
      example: 'ollama/qwen3',
      keyName: null,
      secret: null,
      baseUrl: `${local.url}/v1`,
      missing: local.missing,
      look: local.look,
      languageModel: compatible('ollama', `${local.url}/v1`, null),
    },
  ]
}

/** Known by name to the manifest, but called by our own loop in a later version. */
const LATER: Record<string, string> = { claude: 'Claude', anthropic: 'Claude', gemini: 'Gemini', google: 'Gemini', cohere: 'Cohere' }

/** Why a provider of this name cannot be used, and what can be used meanwhile. */
export function whyUnknown(name: string, model: string): string {
  const instead = 'openai/… (with OPENAI_BASE_URL: any OpenAI-compatible endpoint), github/… or ollama/…'
  if (LATER[name]) {
    const others = LATER[name] === 'Cohere' ? '' : ' The programs of the runtimes script and command can call it.'
    return `${LATER[name]} is not served to runtime: llm yet, it comes in a later version. Until then use ${instead} in the manifest's model.${others}`
  }
  return `${JSON.stringify(model)} names no provider that is known here. Expected ${instead}.`
}

function compatible(name: string, baseURL: string, apiKey: string | null): (modelId: string) => LanguageModelV4 {
  const provider = createOpenAICompatible({ name, baseURL, includeUsage: true, fetch: boundedFetch, ...(apiKey && { apiKey }) })
  return modelId => provider.chatModel(modelId)
}
