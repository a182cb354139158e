import type { CgroupTree } from './sandbox/cgroup.ts'
import { clearCgroups, foldersOf } from './sandbox/cgroup.ts'
import { killMarked } from './sandbox/kill-marked.ts'
import { listProcesses, valuesInEnvironments } from './sandbox/processes.ts'

const MARKER = 'AGENTOS_RUN'

/**
 * Kills what is left of a run whose executor is gone: all that is in its control group, and all that carries its marker in the
 * environment. Resolves with how many processes there were. For the worker: after a lost executor, and at boot for the runs that it
 * finds unfinished.
 */
export async function reapRun(runId: string, cgroups: CgroupTree | null = null): Promise<number> {
  const inGroup = cgroups ? await clearCgroups(foldersOf(cgroups, runId)) : 0
  return inGroup + await killMarked(`${MARKER}=${runId}`)
}

/** The runs that have processes on this machine, whoever started them: one look, however many runs are asked about. */
export function runsWithProcesses(): Set<string> {
  return valuesInEnvironments(MARKER, listProcesses())
}
