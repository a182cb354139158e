import type { ModelSettings } from '../../src/models/providers.ts'

/** What models of tests cost: with exact sums in mind. */
const TEST_PRICES: ModelSettings['prices'] = {
  version: 'test',
  models: { 'openai/*': { input: 1, output: 10, cachedInput: 0.5, cacheWrite: 2, longCacheWrite: 4, above: null } },
}

/** No provider is set up, and no Ollama is where one is looked for. */
export const NO_MODELS: ModelSettings = {
  openai: { apiKey: null, baseUrl: null, speaks: null },
  github: { apiKey: null, baseUrl: null },
  claude: { apiKey: null, baseUrl: null },
  gemini: { apiKey: null, baseUrl: null },
  cohere: { apiKey: null, baseUrl: null },
  endpoints: [],
  prices: TEST_PRICES,
  ollama: { url: 'http://127.0.0.1:1' },
}
