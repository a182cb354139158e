import type { RunView } from '@agentos/server/domain/views/run'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'

/** What a list can do with runs. The lists hear of the changes by themselves. Each returns the first problem in a sentence, or null. */
export function useRunActions() {
  const api = useApi()

  async function stopAll(runs: RunView[]): Promise<string | null> {
    return firstProblem(runs.map(run => api.trpc.runs.stop.mutate({ run: run.id })))
  }

  async function prune(runs: RunView[]): Promise<string | null> {
    return firstProblem([api.trpc.runs.prune.mutate({ ids: runs.map(run => run.id) })])
  }

  return { stopAll, prune }
}

async function firstProblem(asked: Promise<unknown>[]): Promise<string | null> {
  const failed = (await Promise.allSettled(asked)).find(outcome => outcome.status === 'rejected')
  return failed ? explain(failed.reason) : null
}
