import type { RunUsage } from '../domain/views/run.ts'
import type { UsageSource } from '../events/follow-usage.ts'

/** What the processes of the runs here use, as their executors say: two samples a run, in memory alone. */
export interface RunUsages extends UsageSource {
  set: (runId: string, usage: RunUsage) => void
  /** Its processes are gone. */
  forget: (runId: string) => void
}

/** An executor's clock is ours; a sample of another time was not taken now. */
const CLOCK_MS = 60_000

export function createRunUsages(): RunUsages {
  const samples = new Map<string, { usage: RunUsage, before: RunUsage | null }>()
  const listeners = new Map<string, Set<{ listener: () => void }>>()

  function tell(runId: string): void {
    for (const { listener } of [...listeners.get(runId) ?? []])
      listener()
  }

  return {
    set(runId, usage) {
      samples.set(runId, { usage: { ...usage, at: timeOf(usage.at) }, before: samples.get(runId)?.usage ?? null })
      tell(runId)
    },
    forget(runId) {
      if (samples.delete(runId))
        tell(runId)
    },
    get: runId => samples.get(runId) ?? null,
    running: () => [...samples.keys()],
    onChange(runId, listener) {
      // An object for each listening, so that the same function may listen twice.
      const entry = { listener }
      const all = listeners.get(runId) ?? new Set()
      listeners.set(runId, all.add(entry))
      return () => {
        all.delete(entry)
        if (all.size === 0 && listeners.get(runId) === all)
          listeners.delete(runId)
      }
    },
  }
}

function timeOf(at: string): string {
  const ms = Date.parse(at)
  const now = Date.now()
  return new Date(Math.abs(now - ms) < CLOCK_MS ? ms : now).toISOString()
}
