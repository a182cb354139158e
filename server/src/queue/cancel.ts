import type { RunView } from '../domain/views/run.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import type { Move, StandingRun } from '../store/move.ts'
import { event } from '../domain/event.ts'
import { isFinal } from '../domain/run.ts'
import { endOf, moveRun } from '../store/move.ts'
import { getRuns } from '../store/runs.ts'

/**
 * Stops a run, whatever it does: one that no worker has ends at once; a worker that has it is told, and ends it. Twice is as good as
 * once, and an ended run stays as it is. Resolves to the run as it is then.
 */
export async function cancel({ db, notifier }: { db: Database, notifier: Notifier }, { actor, runId }: { actor: Actor, runId: string }): Promise<RunView> {
  const result = await moveRun(db, runId, run => run.organisationId === actor.organisationId ? decide(run, actor) : null)
  if (result?.moved)
    notifier.runChanged(runId, result.lastSeq)
  if (result?.run.status === 'running')
    notifier.cancelRequested(runId)
  const [run] = await getRuns(db, [runId], actor.organisationId)
  if (!run)
    throw new RangeError(`there is no run ${runId}`)
  return run
}

function decide(run: StandingRun, { userId, userName }: Actor): Move | null {
  if (isFinal(run.status) || run.cancelRequestedAt !== null)
    return null
  const requested = event('run.cancel_requested', { by: userName })
  if (run.status === 'running')
    return { actor: userId, events: [requested], to: { status: 'running', cancelRequestedBy: userId } }
  const { to, ended } = endOf(run, 'cancelled', `Stopped by ${userName} before it ran.`)
  return { actor: userId, events: [requested, ended], to: { ...to, cancelRequestedBy: userId } }
}
