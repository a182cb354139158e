import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { RunRef } from '../store/run-append.ts'
import { extendLeases } from '../store/leases.ts'

/** Extends the leases of what runs here, all in one statement; beats only while something runs. */
export interface Heartbeat {
  /** The signal is aborted when the run is no longer ours. */
  add: (ref: RunRef) => AbortSignal
  remove: (ref: RunRef) => void
  has: (runId: string, fence: number) => boolean
  /** Asks now, if anything runs: whether somebody wants a run to end, which no bell may have said. */
  beat: () => void
  stop: () => void
}

interface Held { ref: RunRef, lost: AbortController }

export function createHeartbeat({ db, notifier, worker, leaseMs }: { db: Database, notifier: Notifier, worker: string, leaseMs: number }): Heartbeat {
  const held = new Map<string, Held>()
  let timer: NodeJS.Timeout | undefined
  /** By our own clock, and before the statement: the lease is at least as long. */
  let extendedAt = 0

  async function beat(): Promise<void> {
    const sentAt = performance.now()
    const asked = [...held.values()]
    try {
      const kept = await extendLeases(db, worker, asked.map(({ ref }) => ref), leaseMs)
      extendedAt = sentAt
      for (const { ref, lost } of asked) {
        const lease = kept.get(ref.runId)
        if (lease?.fence !== ref.fence)
          lost.abort()
        else if (lease.isCancelRequested)
          notifier.cancelRequested(ref.runId) // somebody may have asked for it elsewhere
      }
    }
    catch {
      if (performance.now() - extendedAt > leaseMs)
        asked.forEach(({ lost }) => lost.abort())
    }
    schedule()
  }

  function schedule(): void {
    clearTimeout(timer)
    timer = held.size > 0 ? setTimeout(() => void beat(), leaseMs / 3) : undefined
  }

  return {
    add(ref) {
      const lost = new AbortController()
      if (held.size === 0)
        extendedAt = performance.now()
      held.set(ref.runId, { ref, lost })
      if (held.size === 1)
        schedule()
      return lost.signal
    },
    remove(ref) {
      if (held.get(ref.runId)?.ref.fence === ref.fence)
        held.delete(ref.runId)
      if (held.size === 0)
        clearTimeout(timer)
    },
    beat: () => void (held.size > 0 && beat()),
    has: (runId, fence) => held.get(runId)?.ref.fence === fence,
    stop() {
      held.clear()
      clearTimeout(timer)
    },
  }
}
