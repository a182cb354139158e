import type { WorkspacePlace } from './workspace/place.ts'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reapRun } from '../executor/reap.ts'
import { removeTree } from './workspace/remove-tree.ts'

export interface LeftOvers {
  /** Runs whose processes or folders were still there. */
  runs: string[]
  killedProcesses: number
  /** What could not be removed, and why. */
  problems: string[]
}

/**
 * What a worker that was killed has left on this machine: the folder of each of its runs, and outside a sandbox perhaps
 * processes, found by the mark in their environment. Runs that another worker has (`isRunning`) are left alone.
 */
export async function removeLeftOvers(place: WorkspacePlace, isRunning: (runId: string) => Promise<boolean>): Promise<LeftOvers> {
  const found: LeftOvers = { runs: [], killedProcesses: 0, problems: [] }
  for (const runId of await readdir(place.path).catch(() => [])) {
    if (!/^[\w-]+$/.test(runId) || await isRunning(runId))
      continue
    found.runs.push(runId)
    found.killedProcesses += await reapRun(runId)
    const problem = await removeTree(join(place.path, runId))
    if (problem)
      found.problems.push(problem)
  }
  return found
}
