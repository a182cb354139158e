import { createHash } from 'node:crypto'

/** A span as it is sent: whole, and under an id that is the same whoever makes it. */
export interface Span {
  spanId: string
  /** null: the root of the trace. */
  parentId: string | null
  name: string
  kind: 'internal' | 'client'
  startMs: number
  endMs: number
  attributes: Record<string, string | number | boolean | string[]>
  isError: boolean
}

/** A run is one trace, over all its attempts and whichever processes had them: its ids are made from its own. */
export function traceIdOf(runId: string): string {
  return digest('trace', runId).slice(0, 32)
}

/** `place` names a span within its run. */
export function spanIdOf(runId: string, ...place: (string | number)[]): string {
  return digest('span', runId, ...place).slice(0, 16)
}

function digest(...words: (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(['agentos', ...words])).digest('hex')
}
