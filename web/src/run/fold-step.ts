import type { RunEvent } from '@agentos/server/domain/event'
import type { Row, Step, StepStatus, Timeline, ToolCall } from './timeline.ts'
import { createOutput } from './output.ts'
import { remoteCall } from './remote-call.ts'

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

export function startStep(timeline: Timeline, data: EventOf<'step.started'>['data'], attempt: number, at: number): void {
  const known = timeline.stepsByNumber.get(data.step)
  if (known && known.attempt === attempt) {
    tryAgain(timeline, known, data.try, at)
    return
  }
  // Begun anew by a later attempt it is a row of its own; what became of it before stays where it was.
  const key = known ? `step-${data.step}-${attempt}` : `step-${data.step}`
  const step: Step = {
    kind: data.kind,
    number: data.step,
    name: data.name,
    attempt,
    command: data.command ?? null,
    timeoutMs: data.timeoutMs ?? null,
    status: 'running',
    detail: null,
    continued: false,
    startedAt: at,
    endedAt: null,
    durationMs: null,
    end: null,
    try: data.try,
    output: createOutput(),
    cutBytes: 0,
    turn: null,
    calls: [],
    effect: null,
    version: 0,
  }
  timeline.steps.push(step)
  timeline.stepsByNumber.set(data.step, step)
  timeline.rows.push({ kind: 'step', key, step })
  timeline.structure++
  if (step.command !== null)
    timeline.sections.push({ key, command: step.command, step, call: null, output: step.output })
}

/** The same step is started once more: what its last try came to is kept under it. */
function tryAgain(timeline: Timeline, step: Step, number: number, at: number): void {
  addTry(timeline, step, step.detail, step.status, step.startedAt, step.endedAt ?? at)
  Object.assign(step, { try: number, status: 'running', detail: null, startedAt: at, endedAt: null, durationMs: null, end: null })
  step.version++
}

/** What was lost with its worker goes on in the next attempt: it was not begun anew, so it stays where it is. */
export function reopenStep(step: Step, attempt: number): void {
  if (attempt <= step.attempt || (step.status !== 'lost' && step.status !== 'unknown'))
    return
  Object.assign(step, { status: 'running', attempt, endedAt: null, durationMs: null, end: null })
}

export function addTry(timeline: Timeline, step: Step, detail: string | null, status: Step['status'], startedAt: number, endedAt: number): void {
  const made = { number: step.try, status, detail, startedAt, endedAt, end: step.end }
  addUnder(timeline, step, { kind: 'try', key: `try-${step.number}-${step.try}-${timeline.structure}`, step, made })
}

export function foldStepOutput(timeline: Timeline, event: EventOf<'step.output' | 'output.cut'>): void {
  const step = timeline.stepsByNumber.get(event.data.step)
  if (!step)
    return
  reopenStep(step, event.attempt)
  step.version++
  if (event.type === 'output.cut')
    step.cutBytes += event.data.droppedBytes
  else
    timeline.outputBytes += step.output.append(event.data.stream, event.data.text)
}

export function finishStep(timeline: Timeline, data: EventOf<'step.finished'>['data'], at: number): void {
  const step = timeline.stepsByNumber.get(data.step)
  if (!step)
    return
  step.version++
  const wasRunning = step.status === 'running'
  step.status = statusOf(step, data)
  step.detail = data.detail ?? null
  step.continued = data.continued ?? false
  step.end = data.end ?? null
  // What a person has said of it took no time: it ended when it was lost.
  if (!step.effect?.settled || wasRunning) {
    step.endedAt = at
    step.durationMs = data.durationMs
  }
  // What never ran wrote nothing.
  if (data.status === 'skipped')
    timeline.sections = timeline.sections.filter(section => section.step !== step)
}

export function foldToolEvent(timeline: Timeline, event: EventOf<'tool.proposed' | 'tool.started' | 'tool.output' | 'tool.finished'>): void {
  const step = timeline.stepsByNumber.get(event.data.step)
  if (!step)
    return
  reopenStep(step, event.attempt)
  step.version++
  const call = callOf(timeline, step, event)
  call.version++
  if (event.type === 'tool.proposed') {
    call.input = event.data.input
  }
  else if (event.type === 'tool.started') {
    // The second time is after its worker was lost: it is done again.
    if (call.status !== 'running')
      Object.assign(call, { status: 'running', endedAt: null, durationMs: null, end: null, result: null })
    if (call.command === null && remoteCall(call) === null)
      timeline.sections.push({ key: keyOf(event), command: event.data.command, step, call, output: call.output })
    call.command = event.data.command
    call.startedAt = Date.parse(event.at)
  }
  else if (event.type === 'tool.output') {
    timeline.outputBytes += call.output.append(event.data.stream, event.data.text)
  }
  else {
    finishCall(call, event.data, Date.parse(event.at))
  }
}

function finishCall(call: ToolCall, data: EventOf<'tool.finished'>['data'], at: number): void {
  const wasRunning = call.status === 'running'
  call.status = statusOf(call, data)
  call.result = data.result
  call.end = data.end ?? null
  if (!call.effect?.settled || wasRunning) {
    call.endedAt = at
    call.durationMs = data.durationMs
  }
}

function callOf(timeline: Timeline, step: Step, event: EventOf<'tool.proposed' | 'tool.started' | 'tool.output' | 'tool.finished'>): ToolCall {
  const key = keyOf(event)
  const known = timeline.callsById.get(key)
  if (known)
    return known
  const call: ToolCall = {
    id: event.data.call,
    tool: 'tool' in event.data ? event.data.tool : '',
    input: null,
    command: null,
    status: 'running',
    startedAt: Date.parse(event.at),
    endedAt: null,
    durationMs: null,
    end: null,
    result: null,
    output: createOutput(),
    effect: null,
    version: 0,
  }
  timeline.callsById.set(key, call)
  step.calls.push(call)
  addUnder(timeline, step, { kind: 'call', key, step, call })
  return call
}

/** A model names its calls as it likes, so an id is unique within a step at most. */
function keyOf(event: { data: { step: number, call: string } }): string {
  return callKey(event.data.step, event.data.call)
}

export function callKey(step: number, call: string): string {
  return `call-${step}-${call}`
}

/** The log says failed; that a person or the run's own end cut it short is no fault of it, and that nobody knows is no failure. */
function statusOf(what: Step | ToolCall, { status, end }: { status: 'succeeded' | 'failed' | 'skipped' | 'denied', end?: EventOf<'step.finished'>['data']['end'] }): StepStatus {
  if (status === 'failed' && end?.ended === 'cancelled')
    return 'stopped'
  return status === 'failed' && what.effect?.settled?.as === 'told' ? 'unknown' : status
}

/** After the last row of the step, which is nearly always the last of all. */
function addUnder(timeline: Timeline, step: Step, row: Row): void {
  let at = timeline.rows.length
  while (at > 0 && !belongsTo(timeline.rows[at - 1]!, step))
    at--
  timeline.rows.splice(at, 0, row)
  timeline.structure++
}

function belongsTo(row: Row, step: Step): boolean {
  return 'step' in row && row.step === step
}
