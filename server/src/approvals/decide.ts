import type { ApprovalDecision } from '../domain/run.ts'
import type { ApprovalView } from '../domain/views/approval.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import type { Move, StandingRun } from '../store/move.ts'
import { event } from '../domain/event.ts'
import { isFinal } from '../domain/run.ts'
import { insertRule } from '../store/approval-rules.ts'
import { getApproval, readDecision, storeDecision } from '../store/approvals.ts'
import { endOf, moveRun } from '../store/move.ts'
import { storable } from '../store/text.ts'

interface Services { db: Database, notifier: Notifier }

export interface Deciding {
  actor: Actor
  approval: ApprovalView
  /** Of the action that the person has seen. */
  digest: string
  as: Exclude<ApprovalDecision, 'expired'>
  note: string | null
}

/** Why it could not be decided, for a person. */
export class DecideError extends Error {
  override readonly name = 'DecideError'
}

/**
 * A person says whether it may be done; the decision, its line in the log, the rule of an "always" and the run's way back into the queue
 * are one transaction. Of several who decide at once one is heard. Rejects with DecideError.
 */
export async function decideApproval(o: Services, { actor, approval, digest, as, note }: Deciding): Promise<ApprovalView> {
  if (digest !== approval.digest)
    throw new DecideError(`approval ${approval.id} is for another action than the one that was seen (its digest is ${approval.digest.slice(0, 12)}…, given was ${digest.slice(0, 12)}…): look at it again, then decide`)
  const isDecided = await settle(o, approval, { as, by: actor.userName, byId: actor.userId, note }, run => ({ ...goOn(run, approval.id), actor: actor.userId }))
  const now = await getApproval(o.db, approval.id)
  if (!isDecided || !now)
    throw new DecideError(whyNot(approval, now))
  return now
}

/** Nobody has said anything in time. False when somebody has after all, or its run has ended. */
export async function expireApproval(o: Services, { id, runId }: Asked): Promise<boolean> {
  return settle(o, { id, runId }, { as: 'expired', by: 'the clock', byId: null, note: null }, (run) => {
    if (run.status !== 'waiting' || !isFor(run, id))
      return { actor: run.worker ?? '', events: [], to: { status: run.status, stays: true } } // who asked, or asks again, ends it
    const { to, ended } = endOf(run, 'approval_expired', `Nobody answered in time: ${run.waitingFor.title}`)
    return { actor: run.worker ?? '', events: [ended], to }
  })
}

interface Asked { id: string, runId: string }

interface Word { as: ApprovalDecision, by: string, byId: string | null, note: string | null }

/** `then`: what becomes of the run; its events come after the decision. */
async function settle({ db, notifier }: Services, { id, runId }: Asked, word: Word, then: (run: StandingRun) => Move): Promise<boolean> {
  const { as, by, byId, note } = word
  const decided = event('approval.decided', { approval: id, as, by, ...note !== null && { note: storable(note) } })
  const result = await moveRun(db, runId, async (run) => {
    // Each decision grows the log of its run: one that comes after this look is seen by the next.
    if (isFinal(run.status) || await readDecision(db, id))
      return null
    const move = then(run)
    return {
      ...move,
      events: [decided, ...move.events],
      with: (sql, mark) => [
        storeDecision(sql, mark, { id, as, by, byId, note }),
        ...as === 'always' && byId !== null ? [insertRule(sql, mark, { approval: id, byId })] : [],
      ],
    }
  })
  if (!result?.moved)
    return false
  notifier.runChanged(runId, result.lastSeq)
  notifier.approvalsChanged()
  notifier.queued()
  return true
}

function goOn(run: StandingRun, id: string): Omit<Move, 'actor'> {
  return run.status === 'waiting' && isFor(run, id)
    ? { events: [], to: { status: 'queued', decidedBy: id } }
    : { events: [], to: { status: run.status, stays: true } }
}

function isFor(run: StandingRun, id: string): run is StandingRun & { waitingFor: { kind: 'approval' } } {
  return run.waitingFor?.kind === 'approval' && run.waitingFor.approval === id
}

function whyNot(approval: ApprovalView, now: ApprovalView | null): string {
  if (!now)
    return `approval ${approval.id} is gone with its run`
  if (now.state === 'withdrawn' || now.state === 'pending')
    return `run ${now.runId} has ended: nothing waits for approval ${now.id} any more`
  return now.state === 'expired'
    ? `approval ${now.id} has expired: nobody answered in time`
    : `approval ${now.id} has been decided already: ${now.state} by ${now.decidedBy} at ${now.decidedAt}`
}
