import type { NewEvent } from '../domain/event.ts'
import type { EndReason } from '../domain/run.ts'
import type { Database } from './database.ts'
import type { Move, StandingRun } from './move.ts'
import type { RunRef } from './run-append.ts'
import { event } from '../domain/event.ts'
import { FenceLostError } from './errors.ts'
import { endOf, moveRun } from './move.ts'

export interface RunEnd { reason: EndReason, detail: string, survivors?: number }
export interface RunRetry { reason: EndReason, detail: string, delayMs: number }

/** Ends a run that is held under its fence; `run.ended` is the last event of its log. Rejects with FenceLostError. */
export async function endRun(db: Database, ref: RunRef, { reason, detail, survivors }: RunEnd, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, run => ended(run, reason, detail, survivors), mark)
}

/** Queues a run again that is held under its fence; one that somebody has asked to stop ends as cancelled instead. Rejects with FenceLostError. */
export async function retryRun(db: Database, ref: RunRef, { reason, detail, delayMs }: RunRetry, mark?: string): Promise<{ lastSeq: number }> {
  return moveHeld(db, ref, (run) => {
    if (run.cancelRequestedAt !== null)
      return ended(run, 'cancelled', 'Stopped on request.')
    const durationMs = Math.max(0, run.now - (run.attemptStartedAt ?? run.now))
    return again(run, [event('attempt.ended', { reason, detail, durationMs })], { reason, detail, delayMs })
  }, mark)
}

/** Takes a run away from a worker that is gone. It is queued again if its manifest lets it have another attempt, else it ends as interrupted. */
export function moveLost(run: StandingRun, detail: string): Move {
  const lost = event('attempt.lost', { worker: run.worker ?? '', detail })
  if (run.cancelRequestedAt !== null)
    return ended(run, 'cancelled', 'Stopped on request.', 0, [lost])
  return run.attempt < run.maxAttempts
    ? again(run, [lost], { reason: 'interrupted', detail, delayMs: 0 })
    : ended(run, 'interrupted', detail, 0, [lost])
}

function ended(run: StandingRun, reason: EndReason, detail: string, survivors = 0, before: NewEvent[] = []): Move {
  const { to, ended: last } = endOf(run, reason, detail, survivors)
  return { actor: run.worker ?? '', events: [...before, last], to }
}

function again(run: StandingRun, before: NewEvent[], { reason, detail, delayMs }: RunRetry): Move {
  const availableAt = run.now + delayMs
  const scheduled = event('run.retry_scheduled', { reason, detail, delayMs, availableAt: new Date(availableAt).toISOString() })
  return { actor: run.worker ?? '', events: [...before, scheduled], to: { status: 'queued', reason, detail, availableAt } }
}

async function moveHeld(db: Database, ref: RunRef, decide: (run: StandingRun) => Move, mark: string | undefined): Promise<{ lastSeq: number }> {
  const moved = await moveRun(db, ref.runId, run => run.status === 'running' && run.fence === ref.fence ? decide(run) : null, mark)
  if (!moved?.moved)
    throw new FenceLostError(ref.runId, ref.fence)
  return { lastSeq: moved.lastSeq }
}
