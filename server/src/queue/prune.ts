import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { PruneFilter } from '../store/prune.ts'
import { deleteRuns } from '../store/prune.ts'

export interface PruneServices {
  db: Database
  notifier: Notifier
  /** The files of what the runs' artifacts held, where nothing else has the same. */
  artifacts: { removeUnused: (sha256s: string[]) => Promise<void> }
}

/** Removes ended runs, their logs and their artifacts, never one that may still change or that is held. All ended ones when nothing narrows it. */
export async function prune({ db, notifier, artifacts }: PruneServices, filter: PruneFilter): Promise<{ removed: string[] }> {
  const { runs, sha256s } = await deleteRuns(db, filter)
  if (runs.length > 0)
    notifier.runsRemoved(runs)
  await artifacts.removeUnused(sha256s)
  return { removed: runs }
}
