import type { CgroupTree } from './sandbox/cgroup.ts'
import { clearCgroups, foldersOf } from './sandbox/cgroup.ts'
import { killMarked } from './sandbox/kill-marked.ts'

/**
 * Kills what is left of a run whose executor is gone: all that is in its control group, and all that carries its marker in the
 * environment. Resolves with how many processes there were. For the worker: after a lost executor, and at boot for the runs that it
 * finds unfinished.
 */
export async function reapRun(runId: string, cgroups: CgroupTree | null = null): Promise<number> {
  const inGroup = cgroups ? await clearCgroups(foldersOf(cgroups, runId)) : 0
  return inGroup + await killMarked(`AGENTOS_RUN=${runId}`)
}
