import type { IsolationLevel } from '@agentos/server/domain/run'
import type { ManifestProblem } from '@agentos/server/domain/views/agent'
import type { RunView } from '@agentos/server/domain/views/run'
import { useApi } from '../api/client.ts'
import { explain, problemsOf } from '../api/explain.ts'

export interface Submission {
  agent: string
  task: string
  inputs: Record<string, string | number | boolean>
  workspace: string | null
  timeMs: number | null
  isolation: IsolationLevel | null
}

export type Submitted = { run: RunView } | { run: null, problem: string, problems: ManifestProblem[] }

/** Starts a run. A refusal is an outcome, with the server's words for a person. */
export function useSubmit(): (submission: Submission) => Promise<Submitted> {
  const api = useApi()
  return async ({ agent, task, inputs, workspace, timeMs, isolation }) => {
    try {
      const run = await api.trpc.runs.submit.mutate({
        agent,
        task,
        inputs,
        ...(workspace !== null && { workspace }),
        ...(timeMs !== null && { timeMs }),
        ...(isolation !== null && { isolation }),
      })
      return { run }
    }
    catch (error) {
      return { run: null, problem: explain(error), problems: problemsOf(error) }
    }
  }
}
