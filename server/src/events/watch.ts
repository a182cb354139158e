import type { RunView, WatchUpdate } from '../domain/views/run.ts'
import type { Database } from '../store/database.ts'
import type { Notifier } from './notifier.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFinal } from '../domain/run.ts'
import { countRuns, getRuns, listRuns } from '../store/runs.ts'
import { createBell } from './bell.ts'
import { untilBack } from './keep-trying.ts'

export interface WatchOptions { db: Database, notifier: Notifier, organisationId: string, signal: AbortSignal }

/** At most ten updates a second, however much happens. */
const PAUSE_MS = 100
/** What is live at the start is shown as far as a list shows it. */
const FIRST_RUNS = 200

/** So many runs that were shown as live are looked at again when bells may have been missed. */
const MAX_LIVE = 1_000

/** What lists and counters show: first everything that is live, then what has changed since. Reads only runs that have changed. */
export async function* watchRuns({ db, notifier, organisationId, signal }: WatchOptions): AsyncGenerator<WatchUpdate> {
  const bell = createBell(signal)
  const changes = gatherChanges(notifier, bell.ring)
  const live = new Set<string>()
  const note = (runs: RunView[]): void => {
    for (const run of runs)
      isFinal(run.status) || live.size >= MAX_LIVE ? live.delete(run.id) : live.add(run.id)
  }
  try {
    const first = await listRuns(db, organisationId, { statuses: ['queued', 'running', 'waiting'], limit: FIRST_RUNS })
    note(first.runs)
    yield { counts: await countRuns(db, organisationId), runs: first.runs, removed: [], agentsChanged: false, schedulesChanged: false, approvalsChanged: false }
    while (!signal.aborted) {
      await bell.rung()
      if (signal.aborted)
        return
      bell.hush()
      const { changed, removed, isMissed, ...flags } = changes.take()
      const newest = isMissed ? (await untilBack(() => listRuns(db, organisationId, { limit: FIRST_RUNS }), signal)).runs : []
      const asked = new Set([...changed, ...isMissed ? live : []])
      newest.forEach(run => asked.delete(run.id))
      const [counts, runs] = await untilBack(() => Promise.all([countRuns(db, organisationId), getRuns(db, [...asked], organisationId)]), signal)
      const found = new Set(runs.map(run => run.id))
      const gone = isMissed ? [...live].filter(id => asked.has(id) && !found.has(id)) : []
      gone.forEach(id => live.delete(id))
      note([...newest, ...runs])
      yield { counts, runs: [...newest, ...runs], removed: [...removed, ...gone], ...flags }
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {}) // an abort ends the pause, and the loop by its condition
    }
  }
  finally {
    changes.stop()
    bell.stop()
  }
}

interface Changes {
  changed: string[]
  removed: string[]
  agentsChanged: boolean
  schedulesChanged: boolean
  approvalsChanged: boolean
  /** Anything may have changed. */
  isMissed: boolean
}

/** What has been rung since it was taken last. */
function gatherChanges(notifier: Notifier, ring: () => void): { take: () => Changes, stop: () => void } {
  const changed = new Set<string>()
  const removed = new Set<string>()
  const flags = { agentsChanged: false, schedulesChanged: false, approvalsChanged: false, isMissed: false }
  const stops = [
    notifier.onAnyRun((runId) => {
      changed.add(runId)
      ring()
    }),
    notifier.onRunsRemoved((ids) => {
      for (const id of ids)
        removed.add(id)
      ring()
    }),
    notifier.onAgentsChanged(() => {
      flags.agentsChanged = true
      ring()
    }),
    notifier.onSchedulesChanged(() => {
      flags.schedulesChanged = true
      ring()
    }),
    notifier.onApprovalsChanged(() => {
      flags.approvalsChanged = true
      ring()
    }),
    notifier.onMissed(() => {
      flags.agentsChanged = flags.schedulesChanged = flags.approvalsChanged = flags.isMissed = true
      ring()
    }),
  ]
  return {
    take() {
      const taken = { changed: [...changed], removed: [...removed], ...flags }
      changed.clear()
      removed.clear()
      flags.agentsChanged = flags.schedulesChanged = flags.approvalsChanged = flags.isMissed = false
      return taken
    },
    stop: () => stops.forEach(stop => stop()),
  }
}
