import type { NewEvent } from '../domain/event.ts'
import type { EndReason } from '../domain/run.ts'
import type { WaitingFor } from '../domain/views/run.ts'
import type { Database } from './database.ts'
import type { AttemptCounts, Move, StandingRun } from './move.ts'
import type { RunRef } from './run-append.ts'
import { event } from '../domain/event.ts'
import { MAX_LOSSES } from '../domain/run.ts'
import { readDecision } from './approvals.ts'
import { FenceLostError } from './errors.ts'
import { endOf, moveRun } from './move.ts'
import { hostOfWorker } from './worker-name.ts'

export interface RunEnd { reason: EndReason, detail: string, survivors?: number }
export interface RunRetry { reason: EndReason, detail: string, delayMs: number }
/** `isStored`: its workspace is where every machine finds it; else the run is bound to the one that has it. */
export interface RunPark { detail: string, waitingFor: WaitingFor, isStored?: boolean }
export interface RunGivenBack { detail: string, isStored?: boolean }

const STOPPED = 'Stopped on request.'

/** Ends a run that is held under its fence; `run.ended` is the last event of its log. Rejects with FenceLostError. */
export async function endRun(db: Database, ref: RunRef, { reason, detail, survivors }: RunEnd, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, run => ended(run, reason, detail, { survivors }), mark)
}

/** Queues a run again whose attempt has failed; one that somebody has asked to stop ends as cancelled instead. Rejects with FenceLostError. */
export async function retryRun(db: Database, ref: RunRef, { reason, detail, delayMs }: RunRetry, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, (run) => {
    if (run.cancelRequestedAt !== null)
      return ended(run, 'cancelled', STOPPED)
    const counts = { failures: run.failures + 1, losses: 0, recordedAtLoss: run.recorded }
    return again(run, [attemptEnded(run, reason, detail)], { reason, detail, delayMs }, counts)
  }, mark)
}

/** Gives a run back whose attempt can go no further here, through no fault of its own: as `moveLost`. Rejects with FenceLostError. */
export async function giveBackRun(db: Database, ref: RunRef, { detail, isStored = false }: RunGivenBack, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, run => moveLost(run, detail, { isStored }), mark)
}

/** Parks a run until a person decides; one that somebody has asked to stop ends as cancelled instead. Rejects with FenceLostError. */
export async function parkRun(db: Database, ref: RunRef, { detail, waitingFor, isStored = false }: RunPark, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, async (run) => {
    if (run.cancelRequestedAt !== null)
      return ended(run, 'cancelled', STOPPED)
    const parked = event('run.parked', { for: waitingFor.kind, detail, ...waitingFor.kind === 'approval' && { approval: waitingFor.approval } })
    // A decision grows the log: one that comes after this look is seen by the next.
    const decision = waitingFor.kind === 'approval' ? await readDecision(db, waitingFor.approval) : null
    if (decision?.as === 'expired')
      return ended(run, 'approval_expired', detail)
    if (decision)
      return again(run, [parked], { reason: 'interrupted', detail, delayMs: 0 }, run)
    return {
      actor: run.worker ?? '',
      events: [parked],
      to: { status: 'waiting', reason: 'interrupted', detail, waitingFor, host: isStored ? null : hostOfWorker(run.worker) },
    }
  }, mark)
}

/**
 * Takes a run away from a worker that is gone: it is queued again and goes on from its log, whatever its manifest's `retry` says. When it
 * was lost too often in a row with nothing newly recorded it is poison, and ends in the dead letter.
 */
export function moveLost(run: StandingRun, detail: string, { isStored = false }: { isStored?: boolean } = {}): Move {
  const lost = event('attempt.lost', { worker: run.worker ?? '', detail })
  if (run.cancelRequestedAt !== null)
    return ended(run, 'cancelled', STOPPED, { before: [lost] })
  const losses = run.recorded > run.recordedAtLoss ? 1 : run.losses + 1
  if (losses >= MAX_LOSSES) {
    const poison = `It lost its worker ${losses} times in a row and got no further in between: it was given up. Last: ${detail}`
    return ended(run, 'interrupted', poison, { before: [lost], isDeadLetter: true })
  }
  return again(run, [lost], { reason: 'interrupted', detail, delayMs: delayAfter(losses) }, { failures: run.failures, losses, recordedAtLoss: run.recorded }, isStored)
}

/** The first time at once; a run that takes its worker with it must not take all of them at once. */
function delayAfter(losses: number): number {
  return losses <= 1 ? 0 : 100 * 2 ** losses
}

interface EndingOptions { survivors?: number | undefined, before?: NewEvent[], isDeadLetter?: boolean }

function ended(run: StandingRun, reason: EndReason, detail: string, o: EndingOptions = {}): Move {
  const { to, ended: last } = endOf(run, reason, detail, o.survivors)
  return { actor: run.worker ?? '', events: [...o.before ?? [], last], to: { ...to, ...o.isDeadLetter && { isDeadLetter: true } } }
}

function attemptEnded(run: StandingRun, reason: EndReason, detail: string): NewEvent {
  return event('attempt.ended', { reason, detail, durationMs: Math.max(0, run.now - (run.attemptStartedAt ?? run.now)) })
}

/** Where nothing is recorded, nothing of its workspace is missed elsewhere; where it is stored, it is found everywhere. */
function again(run: StandingRun, before: NewEvent[], { reason, detail, delayMs }: RunRetry, counts: AttemptCounts, isStored = false): Move {
  const availableAt = run.now + delayMs
  const scheduled = event('run.retry_scheduled', { reason, detail, delayMs, availableAt: new Date(availableAt).toISOString() })
  const host = run.recorded > 0 && !isStored ? hostOfWorker(run.worker) : null
  return { actor: run.worker ?? '', events: [...before, scheduled], to: { status: 'queued', reason, detail, availableAt, counts, host } }
}

async function moveHeld(db: Database, ref: RunRef, decide: (run: StandingRun) => Move | Promise<Move>, mark: string | undefined): Promise<{ lastSeq: number }> {
  const moved = await moveRun(db, ref.runId, run => run.status === 'running' && run.fence === ref.fence ? decide(run) : null, mark)
  if (!moved?.moved)
    throw new FenceLostError(ref.runId, ref.fence)
  return { lastSeq: moved.lastSeq }
}
