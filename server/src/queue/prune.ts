import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { PruneFilter } from '../store/prune.ts'
import { deleteRuns } from '../store/prune.ts'

/** Removes ended runs and their logs, never one that may still change. All ended ones when nothing narrows it. */
export async function prune({ db, notifier }: { db: Database, notifier: Notifier }, filter: PruneFilter): Promise<{ removed: string[] }> {
  const removed = await deleteRuns(db, filter)
  if (removed.length > 0)
    notifier.runsRemoved(removed)
  return { removed }
}
