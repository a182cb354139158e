import type { RunView } from '@agentos/server/domain/views/run'
import { useApi } from '../api/client.ts'

/** Finds the newest runs whose id starts with a text or whose task has it; nothing for nothing, and nothing when the server is silent. */
export function useRunSearch(): (text: string) => Promise<RunView[]> {
  const api = useApi()
  return async (text) => {
    const search = text.trim()
    if (search === '')
      return []
    try {
      const page = await api.trpc.runs.list.query({ search, limit: 6 })
      return page.runs
    }
    catch {
      return [] // the strip at the foot says that the server does not answer
    }
  }
}
