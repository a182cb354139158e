import type { ModelTestResult, ProviderView } from '@agentos/server/domain/views/system'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { createLoadable } from './loadable.ts'

/** The providers of models as the server sees them. Fetched once, and again when asked. */
export function useModels() {
  const api = useApi()
  const { data, problem, busy, load } = createLoadable<{ providers: ProviderView[], priceLists: string[] }>(() => api.trpc.models.providers.query())
  void load()

  /** What the provider lists; null when it cannot be had: a person then types the name. */
  async function list(provider: string): Promise<string[] | null> {
    try {
      const listed = await api.trpc.models.list.query({ provider })
      return 'models' in listed ? listed.models : null
    }
    catch {
      return null
    }
  }

  async function test(model: string): Promise<ModelTestResult> {
    try {
      return await api.trpc.models.test.mutate({ model })
    }
    catch (error) {
      return { ok: false, kind: 'refused', message: explain(error), latencyMs: 0 }
    }
  }

  return { models: data, problem, busy, load, list, test }
}
