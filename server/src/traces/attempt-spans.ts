import type { EventType, RunEvent } from '../domain/event.ts'
import type { Span } from './span.ts'
import { attributesOfChat, attributesOfTool } from './attributes.ts'
import { spanIdOf } from './span.ts'

/** What an attempt's spans are made of: no output, no deltas. */
export const ATTEMPT_EVENTS = [
  'attempt.started',
  'workspace.prepared',
  'sandbox.opened',
  'step.started',
  'step.finished',
  'model.responded',
  'tool.finished',
  'run.parked',
  'attempt.ended',
  'attempt.lost',
  'run.ended',
] as const satisfies EventType[]

/** A fold over the events of one attempt, page by page. */
export interface AttemptSpans {
  /** What these events complete. */
  add: (events: RunEvent[]) => Span[]
  /** What was still open when the attempt ended, and the attempt itself. */
  end: () => Span[]
}

interface OpenStep { id: string, name: string, startMs: number }
type Of<T extends EventType> = Extract<RunEvent, { type: T }>

export function createAttemptSpans(runId: string, attempt: number): AttemptSpans {
  const steps = new Map<number, OpenStep>()
  const attemptId = spanIdOf(runId, 'attempt', attempt)
  const about = { 'agentos.run.id': runId, 'agentos.attempt': attempt }
  let started: Of<'attempt.started'> | null = null
  let lastMs = 0
  let outcome: 'ended' | 'retried' | 'parked' | 'lost' | null = null
  let reason: string | null = null

  function within(step: number): string {
    return steps.get(step)?.id ?? attemptId
  }

  function took(event: RunEvent, span: Pick<Span, 'name' | 'kind' | 'attributes'> & { durationMs: number, parentId?: string, spanId?: string, isError?: boolean }): Span {
    const endMs = Date.parse(event.at)
    const { name, kind, durationMs, parentId = attemptId, spanId = spanIdOf(runId, 'event', event.seq), isError = false } = span
    return { spanId, parentId, name, kind, startMs: endMs - durationMs, endMs, attributes: { ...about, ...span.attributes }, isError }
  }

  function finish(event: Of<'step.finished'>): Span[] {
    const { step, status } = event.data
    const open = steps.get(step)
    if (!open)
      return []
    steps.delete(step)
    const attributes = { 'agentos.step': step, 'agentos.step.status': status, ...status === 'failed' && { 'error.type': event.data.end?.ended ?? 'failed' } }
    return [took(event, { name: open.name, kind: 'internal', durationMs: Date.parse(event.at) - open.startMs, spanId: open.id, attributes, isError: status === 'failed' })]
  }

  function end(why: typeof outcome, because: string | null): Span[] {
    outcome ??= why
    reason ??= because
    return []
  }

  function spansOf(event: RunEvent): Span[] {
    switch (event.type) {
      case 'attempt.started':
        started = event
        return []
      case 'workspace.prepared':
        return [took(event, { name: 'prepare workspace', kind: 'internal', durationMs: event.data.durationMs, attributes: { 'agentos.workspace.files': event.data.files } })]
      case 'sandbox.opened':
        return [took(event, { name: 'open sandbox', kind: 'internal', durationMs: event.data.durationMs, attributes: { 'agentos.isolation': event.data.level, 'agentos.isolation.by': event.data.by } })]
      case 'step.started':
        steps.set(event.data.step, { id: spanIdOf(runId, 'event', event.seq), name: nameOfStep(event), startMs: Date.parse(event.at) })
        return []
      case 'step.finished':
        return finish(event)
      case 'model.responded': {
        const attributes = attributesOfChat(event.data)
        return [took(event, { name: `chat ${String(attributes['gen_ai.request.model'])}`, kind: 'client', durationMs: event.data.durationMs, parentId: within(event.data.step), attributes, isError: event.data.error !== undefined })]
      }
      case 'tool.finished':
        return [took(event, { name: `execute_tool ${event.data.tool}`, kind: 'internal', durationMs: event.data.durationMs, parentId: within(event.data.step), attributes: attributesOfTool(event.data), isError: event.data.status !== 'succeeded' })]
      case 'run.parked':
        return end('parked', null)
      case 'attempt.ended':
        return end('retried', event.data.reason)
      case 'attempt.lost':
        return end('lost', 'interrupted')
      case 'run.ended':
        return end('ended', event.data.status === 'failed' ? event.data.reason : null)
      default:
        return []
    }
  }

  return {
    add(events) {
      const spans: Span[] = []
      for (const event of events) {
        if (outcome !== null)
          break // what is written afterwards, while the run waits, is no part of it
        spans.push(...spansOf(event))
        lastMs = Date.parse(event.at)
      }
      return spans
    },

    end() {
      if (!started)
        return []
      const cut = [...steps].map(([step, { id, name, startMs }]): Span => ({ spanId: id, parentId: attemptId, name, kind: 'internal', startMs, endMs: lastMs, attributes: { ...about, 'agentos.step': step, 'error.type': 'unfinished' }, isError: true }))
      steps.clear()
      const attributes = { ...about, 'agentos.worker': started.data.worker, 'agentos.attempt.outcome': outcome ?? 'lost', ...reason !== null && { 'error.type': reason } }
      return [...cut, { spanId: attemptId, parentId: spanIdOf(runId, 'run'), name: `attempt ${attempt}`, kind: 'internal', startMs: Date.parse(started.at), endMs: lastMs, attributes, isError: reason !== null }]
    },
  }
}

/** A step that its manifest gives no name is called after its command, which is not for others to read. */
function nameOfStep({ data: { step, name, kind, command } }: Of<'step.started'>): string {
  const isNamed = kind === 'command' && !(command ?? '').trimStart().startsWith(name.slice(0, 20))
  return isNamed ? `step ${name}` : `step ${step}`
}
