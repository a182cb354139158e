import type { NewEvent } from '../domain/event.ts'
import type { EndReason } from '../domain/run.ts'
import type { WaitingFor } from '../domain/views.ts'
import type { Database } from './database.ts'
import type { AttemptCounts, Move, StandingRun } from './move.ts'
import type { RunRef } from './run-append.ts'
import { event } from '../domain/event.ts'
import { MAX_LOSSES } from '../domain/run.ts'
import { FenceLostError } from './errors.ts'
import { endOf, moveRun } from './move.ts'
import { hostOfWorker } from './worker-name.ts'

export interface RunEnd { reason: EndReason, detail: string, survivors?: number }
export interface RunRetry { reason: EndReason, detail: string, delayMs: number }
export interface RunPark { detail: string, waitingFor: WaitingFor }

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
export async function giveBackRun(db: Database, ref: RunRef, { detail }: { detail: string }, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, run => moveLost(run, detail), mark)
}

/** Parks a run until a person decides; one that somebody has asked to stop ends as cancelled instead. Rejects with FenceLostError. */
export async function parkRun(db: Database, ref: RunRef, { detail, waitingFor }: RunPark, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, (run) => {
    if (run.cancelRequestedAt !== null)
      return ended(run, 'cancelled', STOPPED)
    return {
      actor: run.worker ?? '',
      events: [event('run.parked', { for: waitingFor.kind, detail })],
      to: { status: 'waiting', reason: 'interrupted', detail, waitingFor, host: hostOfWorker(run.worker) },
    }
  }, mark)
}

/**
 * Takes a run away from a worker that is gone: it is queued again and goes on from its log, whatever its manifest's `retry` says. When it
 * was lost too often in a row with nothing newly recorded it is poison, and ends in the dead letter.
 */
export function moveLost(run: StandingRun, detail: string): Move {
  const lost = event('attempt.lost', { worker: run.worker ?? '', detail })
  if (run.cancelRequestedAt !== null)
    return ended(run, 'cancelled', STOPPED, { before: [lost] })
  const losses = run.recorded > run.recordedAtLoss ? 1 : run.losses + 1
  if (losses >= MAX_LOSSES) {
    const poison = `It lost its worker ${losses} times in a row and got no further in between: it was given up. Last: ${detail}`
    return ended(run, 'interrupted', poison, { before: [lost], isDeadLetter: true })
  }
  return again(run, [lost], { reason: 'interrupted', detail, delayMs: delayAfter(losses) }, { failures: run.failures, losses, recordedAtLoss: run.recorded })
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

/** Where nothing is recorded, nothing of its workspace is missed elsewhere. */
function again(run: StandingRun, before: NewEvent[], { reason, detail, delayMs }: RunRetry, counts: AttemptCounts): Move {
  const availableAt = run.now + delayMs
  const scheduled = event('run.retry_scheduled', { reason, detail, delayMs, availableAt: new Date(availableAt).toISOString() })
  const host = run.recorded > 0 ? hostOfWorker(run.worker) : null
  return { actor: run.worker ?? '', events: [...before, scheduled], to: { status: 'queued', reason, detail, availableAt, counts, host } }
}

async function moveHeld(db: Database, ref: RunRef, decide: (run: StandingRun) => Move, mark: string | undefined): Promise<{ lastSeq: number }> {
  const moved = await moveRun(db, ref.runId, run => run.status === 'running' && run.fence === ref.fence ? decide(run) : null, mark)
  if (!moved?.moved)
    throw new FenceLostError(ref.runId, ref.fence)
  return { lastSeq: moved.lastSeq }
}
