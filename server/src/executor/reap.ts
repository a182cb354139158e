import { killMarked } from './sandbox/kill-marked.ts'

/**
 * Kills what is left of a run whose executor is gone, by the marker in the environment of all that it started. Resolves with
 * how many processes there were. For the worker: after a lost executor, and at boot for the runs that it finds unfinished.
 */
export function reapRun(runId: string): Promise<number> {
  return killMarked(`AGENTOS_RUN=${runId}`)
}
