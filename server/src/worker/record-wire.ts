import type { Begun, Spending } from '../budgets/spending.ts'
import type { Redactor } from '../domain/redact/redactor.ts'
import type { WireCall, WireRecorder } from '../models/wire/recorder.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { RequestWriter } from './write-request.ts'
import { event } from '../domain/event.ts'
import { coalesceDeltas } from './coalesce-deltas.ts'

export interface RecordWire {
  log: OrderedLog & { step: () => number }
  redactor: Redactor
  spending: Spending
  requests: RequestWriter
}

/**
 * Writes the calls that a run's own programs make to models into its log, under the step that is going on. A delta does not name its
 * call, so of calls at the same time only the first is shown as it comes; what the others said is in their answer.
 */
export function recordWire({ log, redactor, spending, requests }: RecordWire): WireRecorder {
  let shown: WireCall | null = null

  return {
    async requested(call) {
      const step = log.step()
      const { model, messages, tools } = call
      const begun = call.isCount ? FREE : await spending.begin({ ...call, step, inputBytes: call.body.length })
      if (!begun.ok)
        return { refused: begun.detail }
      const bound = begun.maxOutputTokens === null ? {} : { maxOutputTokens: begun.maxOutputTokens }
      try {
        const { asked, events } = await requests.writeBody(step, call.body)
        const about = { step, model, messages, tools, ...asked && { asked }, ...begun.call !== null && { call: begun.call }, ...bound }
        await log.record([...events, event('model.requested', about)])
      }
      catch (error) {
        await begun.release()
        throw error
      }
      const texts = { text: redactor.stream(), reasoning: redactor.stream() }
      const deltas = coalesceDeltas((kind, text) => void log.push([event('model.delta', { step, kind, text })]))
      const add = (kind: 'text' | 'reasoning', piece: string) => {
        if (piece !== '' && shown === call)
          deltas.add({ kind, text: piece })
      }
      return {
        maxOutputTokens: begun.maxOutputTokens,
        delta({ kind, text }) {
          shown ??= call
          add(kind, texts[kind].push(text))
        },
        async responded(answer) {
          const { text, finish, toolCalls, usage, error, durationMs, isFree } = redactor.value(answer)
          const answerBytes = Buffer.byteLength(text) + (toolCalls.length > 0 ? Buffer.byteLength(JSON.stringify(toolCalls)) : 0)
          const counted = begun.count({ usage, isWhole: error === null, isFree, answerBytes })
          add('reasoning', texts.reasoning.end())
          add('text', texts.text.end())
          deltas.end()
          if (shown === call)
            shown = null
          await log.record([event('model.responded', { step, model, text, finish, toolCalls, ...counted, durationMs, ...(error !== null && { error }) })])
        },
      }
    },
  }
}

/** A count of tokens. */
const FREE: Begun = { ok: true, call: null, maxOutputTokens: null, count: ({ usage }) => ({ usage, costUsd: 0 }), release: async () => {} }
