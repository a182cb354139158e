import type { RunEvent } from '../../src/domain/event.ts'
import type { RunStatus } from '../../src/domain/run.ts'
import { canMove } from '../../src/domain/run.ts'
import { createGate } from './gate.ts'

export interface Folded {
  status: RunStatus
  /** Events that could not come where they stand. */
  misplaced: string[]
  /** What is wrong with the settlement of effects. */
  effects: string[]
  /** What is wrong with what people were asked. */
  approvals: string[]
}

/** What the events alone say of a run. Written here once more, and not shared with the server: it is what the server is held against. */
export function foldEvents(events: RunEvent[]): Folded {
  const folded: Folded = { status: 'queued', misplaced: [], effects: [], approvals: [] } // what begins it is another rule's
  const unknown = new Set<string>()
  const gate = createGate()
  let decided = false
  let parkedFor: string | undefined
  for (const event of events) {
    noteEffect(event, unknown, folded.effects)
    gate.take(event)
    if (event.type === 'run.parked')
      parkedFor = event.data.approval
    const to = statusAfter(event, folded.status, parkedFor)
    if (to === null)
      continue
    // A word that lets the run fail ends it in the same moment: it is not queued in between.
    const isDecided = event.type === 'run.ended' && decided && canMove('waiting', to)
    decided = event.type === 'effect.settled' || event.type === 'approval.decided'
    if (!canMove(folded.status, to) && !isDecided)
      folded.misplaced.push(`event ${event.seq} (${event.type}) comes while it is ${folded.status}`)
    folded.status = to
  }
  folded.approvals.push(...gate.wrong)
  return folded
}

/** Null when the event moves nothing. */
function statusAfter(event: RunEvent, status: RunStatus, parkedFor: string | undefined): RunStatus | null {
  switch (event.type) {
    case 'run.retry_scheduled':
      return 'queued'
    case 'attempt.started':
      return 'running'
    case 'run.parked':
      return 'waiting'
    case 'message.sent':
      return 'queued'
    case 'effect.settled':
      return status === 'waiting' ? 'queued' : null // else the attempt settles it by its policy, and goes on
    case 'approval.decided':
      return status === 'waiting' && event.data.approval === parkedFor ? 'queued' : null // else who asked takes it
    case 'run.ended':
      return event.data.status
    default:
      return null
  }
}

function noteEffect(event: RunEvent, unknown: Set<string>, wrong: string[]): void {
  if (event.type === 'effect.unknown')
    unknown.add(event.data.effect)
  if (event.type === 'effect.settled' && !unknown.delete(event.data.effect))
    wrong.push(`event ${event.seq} settles ${event.data.effect}, whose outcome was not unknown`)
}
