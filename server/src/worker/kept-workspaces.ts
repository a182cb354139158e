import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import { isFinal } from '../domain/run.ts'
import { getRuns } from '../store/runs.ts'
import { folderOfRun } from './workspace/prepare-workspace.ts'
import { removeTree } from './workspace/remove-tree.ts'

/** Folders of runs that are queued again or parked. They go when their run ends in the meantime: nobody has it then who would clear up. */
export interface KeptWorkspaces {
  keep: (runId: string) => void
  /** An attempt has it again. */
  take: (runId: string) => void
  stop: () => void
}

interface KeepOptions { db: Database, notifier: Notifier, place: WorkspacePlace, logger: { warn: (about: object, message: string) => void } }

export function keepWorkspaces(o: KeepOptions): KeptWorkspaces {
  const kept = new Set<string>()
  const stops = [
    o.notifier.onAnyRun(runId => void look(runId)),
    o.notifier.onRunsRemoved(ids => ids.forEach(runId => void look(runId))),
  ]
  return {
    keep: (runId) => {
      kept.add(runId)
      void look(runId) // it may have ended just now
    },
    take: runId => void kept.delete(runId),
    stop: () => stops.forEach(stop => stop()),
  }

  async function look(runId: string): Promise<void> {
    if (!kept.has(runId))
      return
    const runs = await getRuns(o.db, [runId]).catch(() => null) // looked at again with its next event, or at the next start
    if (!runs || (runs[0] && !isFinal(runs[0].status)) || !kept.delete(runId))
      return
    const problem = await removeTree(folderOfRun(o.place, runId))
    if (problem)
      o.logger.warn({ runId, problem }, 'the workspace of a run could not be removed; it is tried again at the next start')
  }
}
