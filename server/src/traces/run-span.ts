import type { RunEvent } from '../domain/event.ts'
import type { Span } from './span.ts'
import { attributesOfRun } from './attributes.ts'
import { spanIdOf } from './span.ts'

/** What the span of a whole run is made of. */
export const RUN_EVENTS = ['run.submitted', 'run.ended'] as const

/** From its submission to its end; null while it has not ended. */
export function runSpan(runId: string, events: RunEvent[]): Span | null {
  const submitted = events.find(event => event.type === 'run.submitted')
  const ended = events.find(event => event.type === 'run.ended')
  if (!submitted || !ended)
    return null
  const { agent, version, retryOf } = submitted.data
  return {
    spanId: spanIdOf(runId, 'run'),
    parentId: null,
    name: `invoke_agent ${agent}`,
    kind: 'internal',
    startMs: Date.parse(submitted.at),
    endMs: Date.parse(ended.at),
    attributes: {
      'agentos.run.id': runId,
      'gen_ai.agent.version': String(version),
      ...retryOf !== undefined && { 'agentos.run.retry_of': retryOf },
      ...attributesOfRun(agent, ended.data),
    },
    isError: ended.data.status === 'failed',
  }
}
