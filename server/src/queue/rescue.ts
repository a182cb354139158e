import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import { moveLost } from '../store/end-run.ts'
import { listLeases } from '../store/leases.ts'
import { moveRun } from '../store/move.ts'

interface Services { db: Database, notifier: Notifier }

export interface Rescuer {
  worker: string
  isAlone: boolean
  isHeld: (runId: string, fence: number) => boolean
}

export interface Rescue {
  /** Runs that were taken away from a worker that is gone. */
  rescued: string[]
  /** When the next lease of another worker runs out, in milliseconds from now; null when none is out. */
  nextMs: number | null
}

/**
 * Takes runs away from workers that are gone: those whose lease has run out. With `isAlone` (SQLite: one process writes the file, and
 * has locked it) also every run that another worker has, since there is none. Each is queued again if its manifest lets it have
 * another attempt, else it ends as interrupted. `isHeld` says which of its own runs this worker looks after.
 */
export async function rescue(o: Services, { worker, isAlone, isHeld }: Rescuer): Promise<Rescue> {
  const rescued: string[] = []
  const leftMs: number[] = []
  for (const lease of await listLeases(o.db)) {
    const isOurs = lease.worker === worker
    if (isOurs && isHeld(lease.runId, lease.fence))
      continue
    if (lease.leftMs > 0 && (isOurs || !isAlone)) {
      leftMs.push(lease.leftMs)
      continue
    }
    const detail = isOurs ? 'Its worker lost sight of it.' : isAlone ? 'Its server ended while it ran.' : `Its worker ${lease.worker} did not come back in time.`
    if (await take(o, lease, detail))
      rescued.push(lease.runId)
  }
  return { rescued, nextMs: leftMs.length > 0 ? Math.min(...leftMs) : null }
}

/** A run that is still held under this fence, by nobody any more. */
export async function take({ db, notifier }: Services, lease: { runId: string, fence: number }, detail: string): Promise<boolean> {
  const { runId } = lease
  const result = await moveRun(db, runId, run => run.status === 'running' && run.fence === lease.fence ? moveLost(run, detail) : null)
  if (!result?.moved)
    return false
  notifier.runChanged(runId, result.lastSeq)
  notifier.queued()
  return true
}
