import type { ApprovalView } from '../domain/views/approval.ts'
import type { WaitingForApproval } from '../domain/views/run.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { RunRef } from '../store/run-append.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { event } from '../domain/event.ts'
import { createBell } from '../events/bell.ts'
import { keepTrying } from '../events/keep-trying.ts'
import { hasRule } from '../store/approval-rules.ts'
import { findPending, getApproval, insertApproval, takeDecision } from '../store/approvals.ts'
import { FenceLostError } from '../store/errors.ts'
import { newId } from '../store/id.ts'
import { moveRun } from '../store/move.ts'

/** `title` and `action` as they may be stored. */
export interface Question extends Pick<ApprovalView, 'step' | 'call' | 'kind' | 'tool' | 'title' | 'action' | 'digest' | 'rule'> {
  /** No process need wait for the answer. */
  canPark: boolean
  /** The answer holds for the whole run. */
  isLasting: boolean
}

export type Answer
  = | { as: 'once' | 'always' }
    | { as: 'deny', by: string, note: string | null }
    | { as: 'expired' }
    /** The run may give its process back, and asks again when it goes on. */
    | { as: 'pending', waitingFor: WaitingForApproval }

/** Asks people for one attempt of a run. */
export type Ask = (question: Question) => Promise<Answer>

export interface ApprovalsOfRun {
  db: Database
  notifier: Notifier
  ref: RunRef
  agentId: string
  expiresMs: number
  /** Resolves when all that was said before is in the log. */
  flush: () => Promise<void>
  /** The attempt is over, whatever the answer is. */
  signal: AbortSignal
}

/** Bells may be missed. */
const LOOK_MS = 2_000

/**
 * An answer that this run has been given for exactly this action and has not used, or a person's "always"; else it is asked, once. Where
 * the run cannot be parked this waits for the answer, whichever server it is given to.
 */
export function createAsk(o: ApprovalsOfRun): Ask {
  const { db, ref, agentId, signal } = o

  async function answered({ digest, isLasting }: Question): Promise<Answer | null> {
    const decision = await takeDecision(db, ref.runId, digest, { isLasting })
    if (!decision)
      return null
    return decision.as === 'deny' ? { as: 'deny', by: decision.by, note: decision.note } : { as: decision.as }
  }

  return async (question) => {
    if (await hasRule(db, agentId, question.digest))
      return { as: 'always' }
    const before = await answered(question)
    if (before)
      return before
    const pending = await findPending(db, ref.runId, question.digest) ?? await request(o, question)
    if (question.canPark)
      return { as: 'pending', waitingFor: waitingFor(pending) }
    return await held(question) ?? { as: 'pending', waitingFor: waitingFor(pending) }
  }

  /** Null when the attempt is over first. */
  async function held(question: Question): Promise<Answer | null> {
    const bell = createBell(signal)
    const stop = o.notifier.onRun(ref.runId, bell.ring)
    try {
      while (!signal.aborted) {
        bell.hush()
        const answer = await keepTrying(() => answered(question), () => signal.aborted)
        if (answer)
          return answer
        const done = new AbortController()
        await Promise.race([bell.rung(), sleep(LOOK_MS, undefined, { signal: done.signal }).catch(() => {})]) // the loser is ended here
        done.abort()
      }
      return null
    }
    finally {
      stop()
      bell.stop()
    }
  }
}

/** The row and its line in the log, in one transaction, under the run's fence. */
async function request({ db, notifier, ref, expiresMs, flush, signal }: ApprovalsOfRun, question: Question): Promise<ApprovalView> {
  await flush()
  const [id, mark] = [newId(), newId()]
  const { step, call, kind, tool, title, action, digest, rule } = question
  const isHeld = !question.canPark
  const moved = await keepTrying(() => moveRun(db, ref.runId, (run) => {
    if (run.status !== 'running' || run.fence !== ref.fence)
      return null
    const expiresAtMs = run.now + expiresMs
    const requested = event('approval.requested', { approval: id, step, ...call !== null && { call }, tool, title, action, digest, rule, expiresAt: new Date(expiresAtMs).toISOString(), isHeld })
    return {
      actor: run.worker ?? '',
      events: [requested],
      to: { status: 'running', stays: true },
      with: (sql, mark) => [insertApproval(sql, mark, { id, runId: ref.runId, step, call, kind, tool, title, action, digest, rule, isHeld, expiresAtMs })],
    }
  }, mark), () => signal.aborted)
  if (!moved?.moved)
    throw new FenceLostError(ref.runId, ref.fence)
  notifier.runChanged(ref.runId, moved.lastSeq)
  notifier.approvalsChanged()
  return (await getApproval(db, id))! // it was stored just now, and goes with its run alone
}

function waitingFor({ id, step, call, tool, title, digest, rule, expiresAt }: ApprovalView): WaitingForApproval {
  return { kind: 'approval', approval: id, step, call, tool, title, digest, rule, expiresAt }
}
