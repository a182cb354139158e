import type { ModelSettings } from '../../src/models/providers.ts'

/** No provider is set up, and no Ollama is where one is looked for. */
export const NO_MODELS: ModelSettings = {
  openai: { apiKey: null, baseUrl: null },
  github: { apiKey: null },
  claude: { apiKey: null, baseUrl: null },
  gemini: { apiKey: null, baseUrl: null },
  ollama: { url: 'http://127.0.0.1:1' },
}
