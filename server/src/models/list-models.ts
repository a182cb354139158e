import { z } from 'zod'
import { boundedFetch } from './bounded-fetch.ts'

/** The ids of its models; throws when they cannot be had. */
export type ModelLister = (signal: AbortSignal) => Promise<string[]>

/** So many are told of at most. */
const MAX_MODELS = 500

/** How each vendor lists its models. */
export const listsOf = {
  openai: (baseUrl: string, key: string | null): ModelLister => lister(`${baseUrl.replace(/\/+$/, '')}/models`, bearer(key), ({ data }) => (data ?? []).map(({ id }) => id)),
  claude: (root: string, key: string | null): ModelLister =>
    lister(`${root}/v1/models?limit=1000`, { 'anthropic-version': '2023-06-01', ...key && { 'x-api-key': key } }, ({ data }) => (data ?? []).map(({ id }) => id)),
  gemini: (root: string, key: string | null): ModelLister =>
    lister(`${root}/v1beta/models?pageSize=1000`, key ? { 'x-goog-api-key': key } : {}, ({ models }) => (models ?? []).map(({ name }) => name?.replace(/^models\//, ''))),
  cohere: (root: string, key: string | null): ModelLister => lister(`${root}/v1/models?page_size=1000&endpoint=chat`, bearer(key), ({ models }) => (models ?? []).map(({ name }) => name)),
}

const list = z.object({
  data: z.array(z.object({ id: z.string().optional() })).optional(),
  models: z.array(z.object({ name: z.string().optional() })).optional(),
})

function lister(url: string, headers: Record<string, string>, idsOf: (said: z.output<typeof list>) => (string | undefined)[]): ModelLister {
  return async (signal) => {
    const response = await boundedFetch(url, { headers, signal, redirect: 'error' })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`its list of models was answered with ${response.status}`)
    }
    const ids = idsOf(list.parse(await response.json()))
    return ids.filter(id => id !== undefined && id !== '').slice(0, MAX_MODELS).map(id => id!.slice(0, 200)).sort()
  }
}

function bearer(key: string | null): Record<string, string> {
  return key ? { authorization: `Bearer ${key}` } : {}
}
