import type { WorkspacePlace } from './workspace/place.ts'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reapRun } from '../executor/reap.ts'
import { removeTree } from './workspace/remove-tree.ts'

/**
 * What is to become of what is left of a run: another worker has it; it has ended, or is not known; it goes on some day, in its folder.
 */
export type Standing = 'elsewhere' | 'over' | 'goes_on'

export interface LeftOvers {
  /** Runs of which something had to be cleared up. */
  runs: string[]
  /** Runs whose folder waits for their next attempt. */
  kept: string[]
  killedProcesses: number
  /** What could not be removed, and why. */
  problems: string[]
}

/**
 * What a worker that was killed has left on this machine: the folder of each of its runs, and outside a sandbox perhaps
 * processes, found by the mark in their environment. No process stays; a folder stays that its run needs to go on.
 */
export async function removeLeftOvers(place: WorkspacePlace, standingOf: (runId: string) => Promise<Standing>): Promise<LeftOvers> {
  const found: LeftOvers = { runs: [], kept: [], killedProcesses: 0, problems: [] }
  for (const runId of await readdir(place.path).catch(() => [])) {
    const standing = /^[\w-]+$/.test(runId) ? await standingOf(runId) : 'elsewhere'
    if (standing === 'elsewhere')
      continue
    const killed = await reapRun(runId)
    found.killedProcesses += killed
    if (standing === 'goes_on')
      found.kept.push(runId)
    if (standing === 'over' || killed > 0)
      found.runs.push(runId)
    const problem = standing === 'over' ? await removeTree(join(place.path, runId)) : null
    if (problem)
      found.problems.push(problem)
  }
  return found
}
