import type { Redactor } from '../domain/redact/redactor.ts'
import type { WireCall, WireRecorder } from '../models/wire/recorder.ts'
import type { OrderedLog } from './ordered-log.ts'
import { event } from '../domain/event.ts'
import { coalesceDeltas } from './coalesce-deltas.ts'

/**
 * Writes the calls that a run's own programs make to models into its log, under the step that is going on. A delta does not name its
 * call, so of calls at the same time only the first is shown as it comes; what the others said is in their answer.
 */
export function recordWire(log: OrderedLog & { step: () => number }, redactor: Redactor): WireRecorder {
  let shown: WireCall | null = null

  return {
    async requested(call) {
      const step = log.step()
      const { model, messages, tools } = call
      await log.record([event('model.requested', { step, model, messages, tools })])
      const texts = { text: redactor.stream(), reasoning: redactor.stream() }
      const deltas = coalesceDeltas((kind, text) => void log.push([event('model.delta', { step, kind, text })]))
      const add = (kind: 'text' | 'reasoning', piece: string) => {
        if (piece !== '' && shown === call)
          deltas.add({ kind, text: piece })
      }
      return {
        delta({ kind, text }) {
          shown ??= call
          add(kind, texts[kind].push(text))
        },
        async responded(answer) {
          const { text, finish, toolCalls, usage, error, durationMs } = redactor.value(answer)
          add('reasoning', texts.reasoning.end())
          add('text', texts.text.end())
          deltas.end()
          if (shown === call)
            shown = null
          // Prices come with budgets.
          await log.record([event('model.responded', { step, model, text, finish, toolCalls, usage, costUsd: null, durationMs, ...(error !== null && { error }) })])
        },
      }
    },
  }
}
