import type { RunEvent } from '@agentos/server/domain/event'
import type { Row, Step, Timeline, ToolCall } from './timeline.ts'
import { createOutput } from './output.ts'

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

export function startStep(timeline: Timeline, data: EventOf<'step.started'>['data'], attempt: number, at: number): void {
  const known = timeline.stepsByNumber.get(data.step)
  if (known) {
    tryAgain(timeline, known, data.try, at)
    return
  }
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
    version: 0,
  }
  timeline.steps.push(step)
  timeline.stepsByNumber.set(data.step, step)
  timeline.rows.push({ kind: 'step', key: `step-${data.step}`, step })
  timeline.structure++
  if (step.command !== null)
    timeline.sections.push({ key: `step-${data.step}`, command: step.command, step, call: null, output: step.output })
}

/** The same step is started once more: what its last try came to is kept under it. */
function tryAgain(timeline: Timeline, step: Step, number: number, at: number): void {
  addTry(timeline, step, step.detail, step.status, step.startedAt, step.endedAt ?? at)
  Object.assign(step, { try: number, status: 'running', detail: null, startedAt: at, endedAt: null, durationMs: null, end: null })
  step.version++
}

export function addTry(timeline: Timeline, step: Step, detail: string | null, status: Step['status'], startedAt: number, endedAt: number): void {
  const made = { number: step.try, status, detail, startedAt, endedAt, end: step.end }
  addUnder(timeline, step, { kind: 'try', key: `try-${step.number}-${step.try}-${timeline.structure}`, step, made })
}

export function foldStepOutput(timeline: Timeline, event: EventOf<'step.output' | 'output.cut'>): void {
  const step = timeline.stepsByNumber.get(event.data.step)
  if (!step)
    return
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
  // The log says failed; that a person or the run's own end cut it short is no fault of the step.
  step.status = data.status === 'failed' && data.end?.ended === 'cancelled' ? 'stopped' : data.status
  step.detail = data.detail ?? null
  step.continued = data.continued ?? false
  step.end = data.end ?? null
  step.endedAt = at
  step.durationMs = data.durationMs
  // What never ran wrote nothing.
  if (data.status === 'skipped')
    timeline.sections = timeline.sections.filter(section => section.step !== step)
}

export function foldToolEvent(timeline: Timeline, event: EventOf<'tool.proposed' | 'tool.started' | 'tool.output' | 'tool.finished'>): void {
  const step = timeline.stepsByNumber.get(event.data.step)
  if (!step)
    return
  step.version++
  const call = callOf(timeline, step, event)
  call.version++
  if (event.type === 'tool.proposed') {
    call.input = event.data.input
  }
  else if (event.type === 'tool.started') {
    call.command = event.data.command
    call.startedAt = Date.parse(event.at)
    timeline.sections.push({ key: keyOf(event), command: event.data.command, step, call, output: call.output })
  }
  else if (event.type === 'tool.output') {
    timeline.outputBytes += call.output.append(event.data.stream, event.data.text)
  }
  else {
    call.status = event.data.status === 'failed' && event.data.end?.ended === 'cancelled' ? 'stopped' : event.data.status
    call.result = event.data.result
    call.end = event.data.end ?? null
    call.endedAt = Date.parse(event.at)
    call.durationMs = event.data.durationMs
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
    version: 0,
  }
  timeline.callsById.set(key, call)
  step.calls.push(call)
  addUnder(timeline, step, { kind: 'call', key, step, call })
  return call
}

/** A model names its calls as it likes, so an id is unique within a step at most. */
function keyOf(event: { data: { step: number, call: string } }): string {
  return `call-${event.data.step}-${event.data.call}`
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
