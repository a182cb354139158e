import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import { event } from '../domain/event.ts'
import { moveRun } from '../store/move.ts'

/**
 * Asks the worker that has a run to keep its workspace as it is now. It is in the log that somebody asked, and what was kept comes after it.
 * Resolves to whether a worker has it: else what its last attempt left is kept already.
 */
export async function askToKeep({ db, notifier }: { db: Database, notifier: Notifier }, { actor, runId }: { actor: Actor, runId: string }): Promise<boolean> {
  const result = await moveRun(db, runId, run => run.organisationId === actor.organisationId && run.status === 'running'
    ? { actor: actor.userId, events: [event('workspace.keep_requested', { by: actor.userName })], to: { status: 'running', stays: true } }
    : null)
  if (!result?.moved)
    return false
  notifier.runChanged(runId, result.lastSeq)
  notifier.keepRequested(runId)
  return true
}
