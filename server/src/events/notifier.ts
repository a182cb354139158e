import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * The doorbell: says that there is something to read, never what. In this process; `doorbell.ts` carries it to other processes of the
 * same database and brings theirs. A listener that throws is no concern of who rang.
 */
export interface Notifier {
  /** The log or the state of a run has grown. */
  runChanged: (runId: string, lastSeq: number) => void
  /** Each returns what ends the listening. */
  onRun: (runId: string, listener: (lastSeq: number) => void) => () => void
  onAnyRun: (listener: (runId: string) => void) => () => void
  runsRemoved: (ids: string[]) => void
  onRunsRemoved: (listener: (ids: string[]) => void) => () => void
  agentsChanged: () => void
  onAgentsChanged: (listener: () => void) => () => void
  /** Schedules were made, said anew or taken away, or one of them came. */
  schedulesChanged: () => void
  onSchedulesChanged: (listener: () => void) => () => void
  /** A person is asked whether something may be done, or has said so. */
  approvalsChanged: () => void
  onApprovalsChanged: (listener: () => void) => () => void
  /** A run may be claimed now, or knows now when it may. */
  queued: () => void
  onQueued: (listener: () => void) => () => void
  /** Somebody wants a running run to end. */
  cancelRequested: (runId: string) => void
  onCancelRequested: (listener: (runId: string) => void) => () => void
  /** Somebody wants the workspace of a running run kept as it is now. */
  keepRequested: (runId: string) => void
  onKeepRequested: (listener: (runId: string) => void) => () => void
  /** Bells may have been missed: whoever listens to anything looks for themselves. */
  missed: () => void
  onMissed: (listener: () => void) => () => void
}

export function createNotifier(): Notifier {
  const runs = new Map<string, Bell<number>>()
  const anyRun = createBell<string>()
  const removed = createBell<string[]>()
  const agents = createBell<void>()
  const schedules = createBell<void>()
  const approvals = createBell<void>()
  const queue = createBell<void>()
  const cancels = createBell<string>()
  const keeps = createBell<string>()
  const missed = createBell<void>()
  return {
    runChanged(runId, lastSeq) {
      runs.get(runId)?.ring(lastSeq)
      anyRun.ring(runId)
    },
    onRun(runId, listener) {
      const bell = runs.get(runId) ?? createBell<number>()
      runs.set(runId, bell)
      const stop = bell.listen(listener)
      return () => {
        stop()
        if (bell.isUnheard() && runs.get(runId) === bell)
          runs.delete(runId)
      }
    },
    onAnyRun: anyRun.listen,
    runsRemoved: removed.ring,
    onRunsRemoved: removed.listen,
    agentsChanged: agents.ring,
    onAgentsChanged: agents.listen,
    schedulesChanged: schedules.ring,
    onSchedulesChanged: schedules.listen,
    approvalsChanged: approvals.ring,
    onApprovalsChanged: approvals.listen,
    queued: queue.ring,
    onQueued: queue.listen,
    cancelRequested: cancels.ring,
    onCancelRequested: cancels.listen,
    keepRequested: keeps.ring,
    onKeepRequested: keeps.listen,
    missed: missed.ring,
    onMissed: missed.listen,
  }
}

interface Bell<T> { ring: (value: T) => void, listen: (listener: (value: T) => void) => () => void, isUnheard: () => boolean }

function createBell<T>(): Bell<T> {
  // An object for each listening, so that the same function may listen twice.
  const listeners = new Set<{ listener: (value: T) => void }>()
  return {
    ring(value) {
      for (const { listener } of [...listeners])
        tell(listener, value)
    },
    listen(listener) {
      // Who listens goes on with its own work: what a request rings for is not done in the name of that request.
      const entry = { listener: AsyncLocalStorage.bind(listener) }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    isUnheard: () => listeners.size === 0,
  }
}

function tell<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value)
  }
  catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
