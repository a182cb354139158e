import type { MarkName } from '../components/marks.ts'
import type { Attempt, Row, Step, StepStatus, ToolCall, Try } from './timeline.ts'
import { hostOf } from '../format/run.ts'
import { oneLine, shortModel } from './headline.ts'
import { attemptMark, endWord, markOf, oddity } from './marks.ts'

/** How a bar is drawn, so that it reads in grey too: model solid, command hollow, failed solid red, running with an open right end. */
export type BarLook = 'attempt' | 'model' | 'tool' | 'failed' | 'unknown' | 'running'

export interface ShownRow {
  level: 1 | 2 | 3
  mark: MarkName
  title: string
  mono: boolean
  faded: boolean
  note: string | null
  noteTone: string
  startAt: number
  endAt: number | null
  /** null: from its start and end. */
  durationMs: number | null
  running: boolean
  /** null: it took no time worth a bar. */
  bar: BarLook | null
}

export function describeRow(row: Exclude<Row, { kind: 'marker' }>): ShownRow {
  switch (row.kind) {
    case 'attempt': return describeAttempt(row.attempt)
    case 'step': return describeStep(row.step)
    case 'try': return describeTry(row.made)
    case 'call': return describeCall(row.call)
  }
}

/** What a call does, in a line: its command, or its tool and what it is given. */
export function callTitle(call: ToolCall): string {
  if (call.command !== null)
    return oneLine(call.tool.includes('__') ? call.command.replace('__', ': ') : call.command)
  const input = call.input
  const first = typeof input === 'object' && input !== null ? Object.values(input).find(value => typeof value === 'string') : undefined
  return first === undefined ? call.tool : `${call.tool} ${oneLine(first)}`
}

/** A turn of a model is called by the first words of its answer, or by what it asks for. */
export function stepTitle(step: Step): string {
  const { turn } = step
  if (!turn)
    return step.name
  const line = turn.text.slice(0, 400).split('\n').map(one => one.replace(/^[#>*\-\s]+|[*_`]/g, '').trim()).find(Boolean)
  if (line)
    return line.length > 120 ? `${line.slice(0, 119)}…` : line
  if (step.calls.length > 0)
    return `asks for ${[...new Set(step.calls.map(call => call.tool))].join(', ')}`
  return turn.error === null ? `answer from ${shortModel(turn.model)}` : turn.error
}

function describeAttempt(attempt: Attempt): ShownRow {
  return {
    level: 1,
    mark: attemptMark(attempt),
    title: `Attempt ${attempt.number}`,
    mono: false,
    faded: false,
    note: hostOf(attempt.worker),
    noteTone: 'text-muted',
    startAt: attempt.startedAt,
    endAt: attempt.endedAt,
    durationMs: null,
    running: attempt.state === 'running',
    bar: 'attempt',
  }
}

function describeStep(step: Step): ShownRow {
  const odd = oddity(step)
  return {
    level: 2,
    mark: markOf(step.status),
    title: stepTitle(step),
    mono: false,
    faded: step.status === 'skipped',
    note: odd,
    noteTone: step.status === 'failed' && !step.continued ? 'text-bad' : step.status === 'unknown' ? 'text-wait' : 'text-muted',
    ...spanOf(step),
    running: step.status === 'running',
    bar: barOfStep(step),
  }
}

/** Of a turn, the model's own time: its calls have rows of their own. */
function spanOf(step: Step): Pick<ShownRow, 'startAt' | 'endAt' | 'durationMs'> {
  const { turn } = step
  return turn?.respondedAt
    ? { startAt: turn.requestedAt, endAt: turn.respondedAt, durationMs: turn.durationMs }
    : { startAt: step.startedAt, endAt: step.endedAt, durationMs: step.durationMs }
}

function barOfStep(step: Step): BarLook | null {
  if (step.status === 'skipped')
    return null
  if (step.turn?.respondedAt)
    return step.turn.error === null ? 'model' : 'failed'
  return lookOf(step.status, step.kind === 'model' ? 'model' : 'tool')
}

function describeTry(made: Try): ShownRow {
  return {
    level: 3,
    mark: markOf(made.status),
    title: `try ${made.number}`,
    mono: false,
    faded: false,
    note: made.end ? endWord(made.end) : made.detail,
    noteTone: 'text-bad',
    startAt: made.startedAt,
    endAt: made.endedAt,
    durationMs: null,
    running: false,
    bar: lookOf(made.status, 'tool'),
  }
}

function describeCall(call: ToolCall): ShownRow {
  return {
    level: 3,
    mark: markOf(call.status),
    title: callTitle(call),
    mono: true,
    faded: false,
    note: oddity(call),
    noteTone: call.status === 'failed' || call.status === 'denied' ? 'text-bad' : call.status === 'unknown' ? 'text-wait' : 'text-muted',
    startAt: call.startedAt,
    endAt: call.endedAt,
    durationMs: call.durationMs,
    running: call.status === 'running',
    bar: lookOf(call.status, 'tool'),
  }
}

function lookOf(status: StepStatus, otherwise: 'model' | 'tool'): BarLook {
  if (status === 'running')
    return 'running'
  if (status === 'failed')
    return 'failed'
  return status === 'lost' || status === 'unknown' ? 'unknown' : otherwise
}
