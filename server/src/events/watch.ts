import type { WatchUpdate } from '../domain/views.ts'
import type { Database } from '../store/database.ts'
import type { Notifier } from './notifier.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { countRuns, getRuns, listRuns } from '../store/runs.ts'
import { createBell } from './bell.ts'

export interface WatchOptions { db: Database, notifier: Notifier, organisationId: string, signal: AbortSignal }

/** At most ten updates a second, however much happens. */
const PAUSE_MS = 100
/** What is live at the start is shown as far as a list shows it. */
const FIRST_RUNS = 200

/** What lists and counters show: first everything that is live, then what has changed since. Reads only runs that have changed. */
export async function* watchRuns({ db, notifier, organisationId, signal }: WatchOptions): AsyncGenerator<WatchUpdate> {
  const bell = createBell(signal)
  const changed = new Set<string>()
  const removed = new Set<string>()
  let agentsChanged = false
  let schedulesChanged = false
  const stops = [
    notifier.onAnyRun((runId) => {
      changed.add(runId)
      bell.ring()
    }),
    notifier.onRunsRemoved((ids) => {
      for (const id of ids)
        removed.add(id)
      bell.ring()
    }),
    notifier.onAgentsChanged(() => {
      agentsChanged = true
      bell.ring()
    }),
    notifier.onSchedulesChanged(() => {
      schedulesChanged = true
      bell.ring()
    }),
    bell.stop,
  ]
  try {
    const live = await listRuns(db, organisationId, { statuses: ['queued', 'running', 'waiting'], limit: FIRST_RUNS })
    yield { counts: await countRuns(db, organisationId), runs: live.runs, removed: [], agentsChanged: false, schedulesChanged: false }
    while (!signal.aborted) {
      await bell.rung()
      if (signal.aborted)
        return
      bell.hush()
      const update = { changed: [...changed], removed: [...removed], agentsChanged, schedulesChanged }
      changed.clear()
      removed.clear()
      agentsChanged = false
      schedulesChanged = false
      const [counts, runs] = await Promise.all([countRuns(db, organisationId), getRuns(db, update.changed, organisationId)])
      yield { counts, runs, removed: update.removed, agentsChanged: update.agentsChanged, schedulesChanged: update.schedulesChanged }
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {}) // an abort ends the pause, and the loop by its condition
    }
  }
  finally {
    for (const stop of stops)
      stop()
  }
}
