import type { RunEvent } from '@agentos/server/domain/event'
import type { EndReason } from '@agentos/server/domain/run'
import type { Attempt, Marker, Timeline } from './timeline.ts'
import { foldAgentEvent, isAgentEvent } from './fold-agent.ts'
import { foldEffectEvent } from './fold-effect.ts'
import { foldModelEvent } from './fold-model.ts'
import { foldNote, isNoteEvent } from './fold-note.ts'
import { finishStep, foldStepOutput, foldToolEvent, startStep } from './fold-step.ts'

/**
 * Grows the timeline by `events`, oldest first; costs what is appended. Events that it has had already are passed over, so
 * that a reader who resumes may hand in an overlap. Returns how many were new.
 */
export function appendEvents(timeline: Timeline, events: readonly RunEvent[]): number {
  const before = timeline.version
  for (const event of events) {
    if (event.seq <= timeline.lastSeq)
      continue
    timeline.lastSeq = event.seq
    timeline.version++
    if (isNoteEvent(event))
      foldNote(timeline, event)
    else if (isAgentEvent(event))
      foldAgentEvent(timeline, event)
    else
      fold(timeline, event)
  }
  return timeline.version - before
}

/** A type that a newer server writes changes nothing here; the raw list shows it. */
function fold(timeline: Timeline, event: RunEvent): void {
  const at = () => Date.parse(event.at)
  switch (event.type) {
    case 'run.submitted':
      timeline.submitted = event.data
      timeline.submittedAt = at()
      break
    case 'run.cancel_requested':
      timeline.cancelRequested = { by: event.data.by, at: at() }
      break
    case 'run.retry_scheduled':
      scheduleRetry(timeline, event.data, event.attempt, at())
      break
    case 'run.parked':
      parkAttempt(timeline, event.data, at())
      break
    case 'run.resumed':
      resume(timeline, event.data, event.attempt, at())
      break
    case 'effect.unknown':
    case 'effect.settled':
      foldEffectEvent(timeline, event)
      break
    case 'run.ended':
      closeAttempt(timeline, 'ended', event.data.reason, event.data.detail, at())
      timeline.end = { ...event.data, at: at() }
      break
    case 'attempt.started':
      startAttempt(timeline, event.attempt, event.data.worker, at())
      break
    case 'attempt.lost':
      loseAttempt(timeline, event.data.detail, at())
      break
    case 'attempt.ended':
      closeAttempt(timeline, 'ended', event.data.reason, event.data.detail, at())
      break
    case 'sandbox.opened':
      timeline.sandbox = event.data
      break
    case 'workspace.prepared':
      timeline.workspace = event.data
      break
    case 'step.started':
      startStep(timeline, event.data, event.attempt, at())
      break
    case 'step.output':
    case 'output.cut':
      foldStepOutput(timeline, event)
      break
    case 'step.finished':
      finishStep(timeline, event.data, at())
      break
    case 'model.requested':
    case 'model.delta':
    case 'model.responded':
      foldModelEvent(timeline, event)
      break
    case 'tool.proposed':
    case 'tool.started':
    case 'tool.output':
    case 'tool.finished':
      foldToolEvent(timeline, event)
      break
  }
}

function startAttempt(timeline: Timeline, number: number, worker: string, at: number): void {
  // A log that says nothing of the end of the one before: it cannot still be at work.
  if (timeline.attempts.at(-1)?.state === 'running')
    loseAttempt(timeline, '', at)
  const marker = pendingMarker(timeline)
  if (marker)
    marker.resumedAt = at
  const attempt = { number, worker, startedAt: at, endedAt: null, state: 'running' as const, reason: null, detail: '' }
  timeline.attempts.push(attempt)
  timeline.rows.push({ kind: 'attempt', key: `attempt-${number}`, attempt })
  timeline.structure++
}

function loseAttempt(timeline: Timeline, detail: string, at: number): void {
  const counts = countSteps(timeline)
  closeAttempt(timeline, 'lost', 'interrupted', detail, at)
  addMarker(timeline, { cause: 'lost', detail, ...counts, fromAt: at, availableAt: null })
}

function parkAttempt(timeline: Timeline, { for: awaited, detail }: Extract<RunEvent, { type: 'run.parked' }>['data'], at: number): void {
  const counts = countSteps(timeline)
  closeAttempt(timeline, 'parked', null, detail, at)
  const lost = pendingMarker(timeline)
  if (lost)
    lost.parked = true
  else
    addMarker(timeline, { cause: awaited === 'message' ? 'message' : 'parked', detail, ...counts, fromAt: at, availableAt: null })
}

/** Said by the attempt that goes on; the marker before it says what it found. */
function resume(timeline: Timeline, data: Extract<RunEvent, { type: 'run.resumed' }>['data'], attempt: number, at: number): void {
  const place = timeline.rows.findLastIndex(row => row.kind === 'attempt')
  const before = timeline.rows[place - 1]
  if (before?.kind === 'marker') {
    before.marker.resumed = { ...data, attempt }
    return
  }
  const counts = { stepsDone: data.kept, stepsOpen: data.repeated + data.unknown }
  const marker: Marker = { cause: 'retry', attempt: attempt - 1, detail: '', ...counts, fromAt: at, availableAt: null, parked: false, resumedAt: at, resumed: { ...data, attempt } }
  timeline.rows.splice(Math.max(0, place), 0, { kind: 'marker', key: `marker-${attempt}-resumed`, marker })
  timeline.structure++
}

type RetryData = Extract<RunEvent, { type: 'run.retry_scheduled' }>['data']

function scheduleRetry(timeline: Timeline, data: RetryData, attempt: number, at: number): void {
  const lost = pendingMarker(timeline)
  if (lost) {
    lost.availableAt = Date.parse(data.availableAt)
    return
  }
  const counts = countSteps(timeline)
  closeAttempt(timeline, 'ended', data.reason, data.detail, at)
  addMarker(timeline, { cause: 'retry', detail: data.detail, ...counts, fromAt: at, availableAt: Date.parse(data.availableAt) })
}

function addMarker(timeline: Timeline, marker: Omit<Marker, 'attempt' | 'parked' | 'resumedAt' | 'resumed'>): void {
  const attempt = timeline.attempts.length
  timeline.rows.push({ kind: 'marker', key: `marker-${attempt}-${timeline.rows.length}`, marker: { ...marker, attempt, parked: marker.cause === 'parked', resumedAt: null, resumed: null } })
  timeline.structure++
}

function pendingMarker(timeline: Timeline): Marker | null {
  const last = timeline.rows.at(-1)
  return last?.kind === 'marker' ? last.marker : null
}

/** Of the attempt that is about to be closed, or was just closed. */
function countSteps(timeline: Timeline): { stepsDone: number, stepsOpen: number } {
  const counts = { stepsDone: 0, stepsOpen: 0 }
  const attempt = timeline.attempts.at(-1)?.number
  for (let i = timeline.steps.length - 1; i >= 0 && timeline.steps[i]!.attempt === attempt; i--) {
    const { status } = timeline.steps[i]!
    if (status === 'succeeded')
      counts.stepsDone++
    else if (status === 'running' || status === 'lost' || status === 'unknown' || status === 'stopped')
      counts.stepsOpen++
  }
  return counts
}

/** What was open in the attempt is closed with it: nothing of it runs any more. */
function closeAttempt(timeline: Timeline, state: Exclude<Attempt['state'], 'running'>, reason: EndReason | null, detail: string, at: number): void {
  const attempt = timeline.attempts.at(-1)
  if (!attempt || attempt.state !== 'running')
    return
  Object.assign(attempt, { state, reason, detail, endedAt: at })
  const left = state === 'ended' ? 'stopped' as const : 'lost' as const
  for (let i = timeline.steps.length - 1; i >= 0 && timeline.steps[i]!.attempt === attempt.number; i--) {
    const step = timeline.steps[i]!
    for (const call of step.calls) {
      if (call.status === 'running')
        Object.assign(call, { status: left, endedAt: at, version: call.version + 1 })
    }
    if (step.status === 'running')
      Object.assign(step, { status: left, endedAt: at, version: step.version + 1 })
  }
}
