import type { RunEvent } from '../../src/domain/event.ts'
import type { History } from './history.ts'
import type { Violation } from './rules.ts'
import { isDeepStrictEqual } from 'node:util'
import { isFinal } from '../../src/domain/run.ts'
import { withoutActor } from './stored.ts'

/** What somebody was told is done: what a crash may not take back. */
export type Acknowledgement
  = | { kind: 'submitted', runId: string, task: string, key?: string }
    /** Stored in this place. */
    | { kind: 'appended', runId: string, lastSeq: number, texts: string[] }
    /** Asked to stop. */
    | { kind: 'cancelled', runId: string }
    | { kind: 'pruned', runId: string }

/** What one subscriber was given, in the order in which it came. */
export interface SeenLog {
  client: string
  runId: string
  /** Its cursor at the beginning. */
  after: number
  events: RunEvent[]
  /** The following returned by itself, so that it has seen the end. */
  isWhole: boolean
}

export function checkAcknowledged(histories: Map<string, History>, acknowledged: Acknowledgement[]): Violation[] {
  const pruned = new Set(acknowledged.flatMap(({ kind, runId }) => kind === 'pruned' ? [runId] : []))
  const keys = new Map<string, string>()
  return acknowledged.flatMap((one): Violation[] => {
    const where = `run ${one.runId}`
    const history = histories.get(one.runId)
    if (one.kind === 'pruned')
      return history ? [{ rule: 'acknowledged', where, found: 'it was removed, and is there' }] : []
    if (pruned.has(one.runId))
      return []
    if (one.kind === 'submitted' && one.key !== undefined && (keys.get(one.key) ?? one.runId) !== one.runId)
      return [{ rule: 'one run per key', where, found: `${keys.get(one.key)} was given for the same key ${one.key}` }]
    if (one.kind === 'submitted' && one.key !== undefined)
      keys.set(one.key, one.runId)
    const found = history ? missingOf(history, one) : `a client was told that it was ${one.kind}, and it is not there`
    return found === null ? [] : [{ rule: 'acknowledged', where, found }]
  })
}

function missingOf({ run, events }: History, one: Exclude<Acknowledgement, { kind: 'pruned' }>): string | null {
  switch (one.kind) {
    case 'submitted': {
      const [first] = events
      return first?.type === 'run.submitted' && first.data.task === one.task ? null : `it was submitted with the task ${JSON.stringify(one.task)}, and is stored as ${JSON.stringify(first)}`
    }
    case 'appended': {
      const stored = events.slice(one.lastSeq - one.texts.length, one.lastSeq).map(event => event.type === 'step.output' ? event.data.text : event.type)
      return isDeepStrictEqual(stored, one.texts) ? null : `${JSON.stringify(one.texts)} was stored up to seq ${one.lastSeq}, and there is ${JSON.stringify(stored)}`
    }
    case 'cancelled':
      return isFinal(run.status) || events.some(({ type }) => type === 'run.cancel_requested') ? null : 'it was asked to stop, and nothing of that is stored'
  }
}

export function checkSeen(histories: Map<string, History>, logs: SeenLog[]): Violation[] {
  return logs.flatMap((log): Violation[] => {
    const stored = histories.get(log.runId)?.events.map(withoutActor)
    const found = stored ? differenceOf(log, stored) : 'it followed a run that is not there'
    return found === null ? [] : [{ rule: 'seen', where: `${log.client}, run ${log.runId}`, found }]
  })
}

function differenceOf({ after, events, isWhole }: SeenLog, stored: RunEvent[]): string | null {
  const index = events.findIndex((event, index) => event.seq !== after + 1 + index)
  if (index >= 0)
    return `it saw seq ${events[index]!.seq} where ${after + 1 + index} comes`
  const other = events.find(event => !isDeepStrictEqual(event, stored[event.seq - 1]))
  if (other)
    return `it saw ${JSON.stringify(other)}, and stored is ${JSON.stringify(stored[other.seq - 1])}`
  if (isWhole && after + events.length !== stored.length)
    return `it saw all up to ${after + events.length}, and ${stored.length} are stored`
  return null
}

/** When nothing is to be waited for any more: what is due and has not ended is stuck. */
export function checkStuck(histories: Map<string, History>): Violation[] {
  return [...histories.values()].flatMap(({ run, events }) => run.status === 'queued' || run.status === 'running'
    ? [{ rule: 'stuck', where: `run ${run.id}`, found: `it is still ${run.status} after ${events.at(-1)?.type ?? 'nothing'} at ${events.at(-1)?.at ?? '?'}` } as const]
    : [])
}
