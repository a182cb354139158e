import type { RunUsage, RunView } from '../domain/views/run.ts'
import type { Database } from '../store/database.ts'
import type { Notifier } from './notifier.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFinal } from '../domain/run.ts'
import { getRuns } from '../store/runs.ts'
import { createBell } from './bell.ts'

/** The newest samples of the runs that this server runs; those of another server come with more than one server. */
export interface UsageSource {
  /** The newest and the one before it; null when the run has no processes here. */
  get: (runId: string) => { usage: RunUsage, before: RunUsage | null } | null
  /** The runs that have a sample. */
  running: () => string[]
  /** Calls back at each sample and when the last is forgotten; returns how to stop. */
  onChange: (runId: string, listener: () => void) => () => void
}

export interface FollowUsageOptions { db: Database, notifier: Notifier, usages: UsageSource, run: RunView, signal: AbortSignal }

/** Between two values, and between two looks at whether the run has ended. */
const PAUSE_MS = 900

/**
 * What the processes of a run use, a sample about once a second, until it has ended. A run that does not run here yields nothing meanwhile.
 * The database is asked only while there is no sample: the run waits, or is just over.
 */
export async function* followUsage({ db, notifier, usages, run, signal }: FollowUsageOptions): AsyncGenerator<RunUsage> {
  if (isFinal(run.status))
    return
  const bell = createBell(signal)
  const stops = [usages.onChange(run.id, bell.ring), notifier.onRun(run.id, bell.ring), notifier.onMissed(bell.ring), bell.stop]
  let shown: RunUsage | null = null
  try {
    while (!signal.aborted) {
      bell.hush()
      const usage: RunUsage | null = usages.get(run.id)?.usage ?? null
      if (usage && usage !== shown)
        yield shown = usage
      else if (!usage && await hasEnded(db, run.id))
        return
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {}) // an abort ends the pause, and the loop by its condition
      await bell.rung()
    }
  }
  finally {
    for (const stop of stops)
      stop()
  }
}

/** Or is gone. */
async function hasEnded(db: Database, runId: string): Promise<boolean> {
  const [run] = await getRuns(db, [runId])
  return !run || isFinal(run.status)
}
