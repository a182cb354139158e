import type { RunEvent } from '@agentos/server/domain/event'
import type { EffectSettlement } from '@agentos/server/domain/run'
import type { Effect, Step, StepStatus, Timeline, ToolCall } from './timeline.ts'
import { callKey } from './fold-step.ts'

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

/** An effect whose outcome nobody knows, and what was said to have become of it: shown where it was begun. */
export function foldEffectEvent(timeline: Timeline, event: EventOf<'effect.unknown' | 'effect.settled'>): void {
  if (event.type === 'effect.unknown')
    addEffect(timeline, event)
  else
    settle(timeline, event)
}

function addEffect(timeline: Timeline, { data, at, seq }: EventOf<'effect.unknown'>): void {
  const before = timeline.effectsById.get(data.effect)
  // Nobody has said anything since: the attempt that was to ask was lost as well.
  if (before && !before.settled)
    return
  const begun = begunBy(timeline, data)
  const effect: Effect = {
    id: data.effect,
    step: data.step,
    call: data.call ?? null,
    name: data.name,
    command: data.command,
    startedAt: begun?.startedAt ?? null,
    unknownAt: Date.parse(at),
    settled: null,
  }
  timeline.effects.push(effect)
  timeline.effectsById.set(effect.id, effect)
  timeline.notes.push({ key: `note-${seq}`, at: effect.unknownAt, row: timeline.rows.length, note: { kind: 'effect', effect } })
  timeline.structure++
  if (begun)
    change(timeline, begun, data.step, { status: 'unknown', effect, endedAt: begun.endedAt ?? effect.unknownAt })
}

/** What a person's word makes of it. What is done again, or only told, stays unknown. */
const BECOMES: Record<EffectSettlement, StepStatus> = { done: 'succeeded', failed: 'failed', repeat: 'unknown', told: 'unknown', interrupted: 'unknown' }

function settle(timeline: Timeline, { data, at }: EventOf<'effect.settled'>): void {
  const effect = timeline.effectsById.get(data.effect)
  if (!effect)
    return
  effect.settled = { as: data.as, by: data.by, note: data.note ?? '', at: Date.parse(at) }
  const begun = [...timeline.steps, ...timeline.callsById.values()].find(one => one.effect === effect)
  if (begun)
    change(timeline, begun, effect.step, { status: BECOMES[data.as] })
}

function begunBy(timeline: Timeline, { step, call }: EventOf<'effect.unknown'>['data']): Step | ToolCall | undefined {
  return (call === undefined ? undefined : timeline.callsById.get(callKey(step, call))) ?? timeline.stepsByNumber.get(step)
}

function change(timeline: Timeline, what: Step | ToolCall, step: number, into: Partial<Pick<Step, 'status' | 'effect' | 'endedAt'>>): void {
  Object.assign(what, into)
  what.version++
  const around = timeline.stepsByNumber.get(step)
  if (around && around !== what)
    around.version++
}
