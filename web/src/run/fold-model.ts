import type { RunEvent } from '@agentos/server/domain/event'
import type { ModelTurn, Step, Timeline } from './timeline.ts'
import { addTry, reopenStep } from './fold-step.ts'

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

/** One step of kind `model` is one turn; a turn whose request failed may ask again. Of a command's calls the newest is kept. */
export function foldModelEvent(timeline: Timeline, event: EventOf<'model.requested' | 'model.delta' | 'model.responded'>): void {
  const step = timeline.stepsByNumber.get(event.data.step)
  if (!step)
    return
  reopenStep(step, event.attempt)
  step.version++
  const turn = event.type === 'model.requested' ? request(timeline, step, event) : step.turn
  if (!turn || event.type === 'model.requested')
    return
  if (event.type === 'model.delta') {
    turn.firstTextAt ??= Date.parse(event.at)
    turn[event.data.kind] += event.data.text
    return
  }
  const { data } = event
  turn.respondedAt = Date.parse(event.at)
  turn.model = data.model
  // The deltas are what was shown; an error's answer is often empty and must not take back what came.
  if (data.text !== '')
    turn.text = data.text
  turn.finish = data.finish
  turn.usage = data.usage
  turn.costUsd = data.costUsd
  turn.durationMs = data.durationMs
  turn.error = data.error ?? null
  timeline.tokens.input += data.usage.inputTokens
  timeline.tokens.output += data.usage.outputTokens
  timeline.tokens.cached += data.usage.cachedTokens ?? 0
  if (data.costUsd !== null)
    timeline.costUsd = (timeline.costUsd ?? 0) + data.costUsd
}

function request(timeline: Timeline, step: Step, event: EventOf<'model.requested'>): ModelTurn {
  const before = step.turn
  // A command may ask as often as it likes; a step of a model asks again only when it got no answer.
  if (before && step.kind === 'model')
    addTry(timeline, step, before.error ?? 'asked again', 'failed', before.requestedAt, before.respondedAt ?? Date.parse(event.at))
  step.turn = {
    model: event.data.model,
    messages: event.data.messages,
    tools: event.data.tools,
    text: '',
    reasoning: '',
    requestedAt: Date.parse(event.at),
    firstTextAt: null,
    respondedAt: null,
    finish: null,
    usage: null,
    costUsd: null,
    durationMs: null,
    error: null,
    requests: (before?.requests ?? 0) + 1,
  }
  return step.turn
}
