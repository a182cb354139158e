import type { WorkspacePlace } from './workspace/place.ts'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { reapRun, runsWithProcesses } from '../executor/reap.ts'
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
export async function removeLeftOvers(place: WorkspacePlace, standingsOf: (runIds: string[]) => Promise<(runId: string) => Standing>): Promise<LeftOvers> {
  const found: LeftOvers = { runs: [], kept: [], killedProcesses: 0, problems: [] }
  const names = await readdir(place.path).catch(() => [])
  const runIds = names.filter(name => /^[\w-]+$/.test(name))
  const alive = runsWithProcesses()
  const standingOf = await standingsOf(runIds)
  for (const runId of runIds) {
    // Asked again before anything is killed: another worker of this machine may have it by now.
    const standing = alive.has(runId) ? (await standingsOf([runId]))(runId) : standingOf(runId)
    if (standing === 'elsewhere')
      continue
    const killed = alive.has(runId) ? await reapRun(runId) : 0
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
