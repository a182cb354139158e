import type { RunEvent } from '../../src/domain/event.ts'
import type { RunView } from '../../src/domain/views/run.ts'
import type { Rule, Violation } from './rules.ts'
import { isFinal } from '../../src/domain/run.ts'
import { progressOf } from '../../src/events/progress.ts'
import { foldEvents } from './fold.ts'

export interface AttemptRow { attempt: number, fence: number, worker: string, isEnded: boolean }

/** `actor`: who wrote it, a user's id or a worker's name. */
export type StoredEvent = RunEvent & { actor: string }

export interface History {
  run: Pick<RunView, 'id' | 'status' | 'reason' | 'attempt' | 'lastSeq' | 'steps' | 'outputBytes' | 'tokens' | 'costUsd' | 'failures'> & { fence: number, hasLease: boolean }
  attempts: AttemptRow[]
  events: StoredEvent[]
}

/** What may be written while no attempt is open: the end of one, and what a person asks for or decides. */
const OUTSIDE: RunEvent['type'][] = [
  'run.submitted',
  'run.cancel_requested',
  'workspace.keep_requested',
  'run.retry_scheduled',
  'run.parked',
  'run.ended',
  'attempt.started',
  'attempt.lost',
  'attempt.ended',
  'effect.settled',
  'approval.decided',
  'message.sent',
]

/** The rules that one run's row, attempts and events must keep. */
export function checkHistory({ run, attempts, events }: History): Violation[] {
  const violations: Violation[] = []
  const must = (rule: Rule, holds: boolean, found: string): void => void (holds || violations.push({ rule, where: `run ${run.id}`, found }))

  must('begins', events.every((event, index) => (event.type === 'run.submitted') === (index === 0)), `it begins with ${events[0]?.type ?? 'nothing'}`)
  const gap = events.findIndex((event, index) => event.seq !== index + 1)
  must('dense', gap < 0, `seq ${events[gap]?.seq} stands where ${gap + 1} comes`)
  must('last seq', run.lastSeq === events.at(-1)?.seq, `its lastSeq is ${run.lastSeq}, and its last event ${events.at(-1)?.seq ?? 'none'}`)
  violations.push(...checkEnd(run, events))
  violations.push(...checkAttempts({ run, attempts, events }))

  violations.push(...checkSums(run, events))
  violations.push(...checkWork(run, events))
  return violations
}

/** One ending that is missing or twice is one fault: what follows from it is not said as well. */
function checkEnd(run: History['run'], events: StoredEvent[]): Violation[] {
  const where = `run ${run.id}`
  const ends = events.flatMap(event => event.type === 'run.ended' ? [event] : [])
  const [end] = ends
  if (ends.length !== (isFinal(run.status) ? 1 : 0))
    return [{ rule: 'one end', where, found: `it is ${run.status} and has ${ends.length} run.ended` }]
  if (end && events.at(-1) !== end)
    return [{ rule: 'end is last', where, found: `${events.at(-1)!.type} comes after run.ended` }]
  if (end && (end.data.status !== run.status || end.data.reason !== run.reason))
    return [{ rule: 'end agrees', where, found: `it is ${run.status} by ${run.reason}, and run.ended says ${end.data.status} by ${end.data.reason}` }]
  const { status, misplaced, effects, approvals } = foldEvents(events)
  const found = misplaced[0] ?? (status === run.status ? null : `it is ${run.status}, and its events say ${status}`)
  return [
    ...found === null ? [] : [{ rule: 'status', where, found } as const],
    ...effects.map(found => ({ rule: 'effects', where, found } as const)),
    ...approvals.map(found => ({ rule: 'approvals', where, found } as const)),
  ]
}

function checkAttempts({ run, attempts, events }: History): Violation[] {
  const where = `run ${run.id}`
  const violations: Violation[] = []
  const must = (rule: Rule, holds: boolean, found: string): void => void (holds || violations.push({ rule, where, found }))

  const starts = events.flatMap(event => event.type === 'attempt.started' ? [event] : [])
  if (starts.length !== run.attempt || attempts.length !== run.attempt)
    return [{ rule: 'attempts', where, found: `its attempt is ${run.attempt}, it has ${attempts.length} attempts and ${starts.length} attempt.started` }]

  const isOf = ({ attempt, data }: (typeof starts)[number], row: AttemptRow): boolean =>
    attempt === row.attempt && data.fence === row.fence && data.worker === row.worker
  const foreign = starts.find((start, index) => !isOf(start, attempts[index]!))
    ?? events.find((event, index) => !isOutside(events, index) && event.actor !== attempts[event.attempt - 1]?.worker)
  must('fence', foreign === undefined, `event ${foreign?.seq} (${foreign?.type}) is by ${foreign?.actor}, which did not have attempt ${foreign?.attempt}`)
  if (foreign === undefined)
    must('fence', attempts.length === 0 || attempts.at(-1)!.fence === run.fence, `its fence is ${run.fence}, and that of its last attempt ${attempts.at(-1)?.fence}`)
  must('fences grow', attempts.every((attempt, index) => index === 0 || attempt.fence > attempts[index - 1]!.fence), `its fences are ${attempts.map(({ fence }) => fence).join(' ')}`)

  const open = attempts.filter(attempt => !attempt.isEnded)
  const isRunning = run.status === 'running'
  const isHeld = open.length === 1 && open[0] === attempts.at(-1)
  const has = `has ${run.hasLease ? 'a' : 'no'} lease, and attempts ${open.map(({ attempt }) => attempt).join(' ') || 'none'} are open`
  must('lease', run.hasLease === isRunning && (isRunning ? isHeld : open.length === 0), `it is ${run.status}, ${has}`)

  const late = events.find((event, index) => index > 0 && event.attempt < events[index - 1]!.attempt)
  must('attempt order', late === undefined, `event ${late?.seq} (${late?.type}) is of attempt ${late?.attempt}, after the next one began`)
  const outside = firstOutside(events)
  must('window', outside === undefined, `event ${outside?.seq} (${outside?.type}) comes while no attempt is open`)
  return violations
}

/** A settlement brings the outcome that follows from it. */
function isOutside(events: StoredEvent[], index: number): boolean {
  const [before, event] = [events[index - 1], events[index]!]
  const isOutcome = (event.type === 'step.finished' || event.type === 'tool.finished') && before?.type === 'effect.settled' && before.actor === event.actor
  return isOutcome || OUTSIDE.includes(event.type)
}

const CLOSES: RunEvent['type'][] = ['run.retry_scheduled', 'run.parked', 'attempt.ended', 'attempt.lost']

/** What comes after run.ended is that rule's. */
function firstOutside(events: StoredEvent[]): StoredEvent | undefined {
  let isOpen = false
  for (const [index, event] of events.entries()) {
    if (event.type === 'attempt.started' || event.type === 'run.ended')
      isOpen = true
    else if (CLOSES.includes(event.type))
      isOpen = false
    else if (!isOpen && !isOutside(events, index))
      return event
  }
  return undefined
}

/** As the row has them, and as run.ended had them from the row. */
function checkSums(run: History['run'], events: StoredEvent[]): Violation[] {
  const where = `run ${run.id}`
  const sum = progressOf(events)
  const said = [run, ...events.flatMap(event => event.type === 'run.ended' ? [event.data] : [])]
  const other = said.find(one => figures(one) !== figures(sum))
  const dear = said.find(one => Math.abs((one.costUsd ?? 0) - (sum.costUsd ?? 0)) > 1e-9)
  return [
    ...other ? [{ rule: 'sums', where, found: `it says ${figures(other)}, and its events ${figures(sum)}` } as const] : [],
    ...dear ? [{ rule: 'cost', where, found: `its cost is ${dear.costUsd}, and that of its events ${sum.costUsd}` } as const] : [],
  ]
}

/** What is recorded is not done again; and only what failed counts against the manifest's `retry`. */
function checkWork(run: History['run'], events: StoredEvent[]): Violation[] {
  const where = `run ${run.id}`
  const failures = events.filter(({ type }) => type === 'attempt.ended').length
  const again = firstAgain(events)
  return [
    ...failures === run.failures ? [] : [{ rule: 'failures', where, found: `${failures} attempts of it have failed, and it counts ${run.failures}` } as const],
    ...again ? [{ rule: 'done once', where, found: `event ${again.seq} begins place ${again.data.place} again, which is done` } as const] : [],
  ]
}

/** A model whose check has failed goes on, and its checks have to hold again: that is no script. */
function firstAgain(events: StoredEvent[]): Extract<StoredEvent, { type: 'step.started' }> | undefined {
  const places = new Map<number, number>()
  const done = new Set<number>()
  const isScript = events.every(({ type }) => type !== 'model.responded')
  for (const event of isScript ? events : []) {
    if (event.type === 'step.started' && event.data.place !== undefined) {
      if (done.has(event.data.place))
        return event
      places.set(event.data.step, event.data.place)
    }
    if (event.type === 'step.finished' && places.has(event.data.step) && isDone(event.data))
      done.add(places.get(event.data.step)!)
  }
  return undefined
}

/** One that was cut short by the end of its attempt is as good as never ended. */
function isDone({ status, continued, end }: Extract<RunEvent, { type: 'step.finished' }>['data']): boolean {
  return (status !== 'failed' || continued === true) && (end === undefined || end.ended === 'exited')
}

function figures({ steps, outputBytes, tokens }: Pick<RunView, 'steps' | 'outputBytes' | 'tokens'>): string {
  return `${steps} steps, ${outputBytes} bytes, ${tokens} tokens`
}
