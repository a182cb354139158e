/** What somebody else's agent says of itself, whatever format it says it in. Nothing of it is trusted, and nothing is bounded yet. */
export type AgentSaid
  /** A session has begun, or works in another mode now; null: as it was. */
  = | { kind: 'session', session: string | null, agent: string | null, canLoad: boolean | null, mode: string | null }
    | { kind: 'text' | 'thought', text: string }
    | { kind: 'plan', entries: PlanEntry[] }
    /** A call of one of its own tools. It may be said again with more; `isStarted` is false while it waits. */
    | { kind: 'call', call: string, tool: string | null, title: string | null, input: unknown, isStarted: boolean }
    /** What a call wrote so far. `whole`: all of it; `piece`: what is new. */
    | { kind: 'output', call: string, as: 'whole' | 'piece', text: string }
    | { kind: 'result', call: string, status: 'succeeded' | 'failed' | 'denied', text: string | null }
    | { kind: 'diff', call: string | null, path: string, old: string | null, new: string }
    /** It says itself that it has failed, whatever its exit code says. */
    | { kind: 'failure', detail: string }

export interface PlanEntry { content: string, status: 'pending' | 'in_progress' | 'completed' }

/** A plan as most of them write it: what is to be done, and how far it is. What is none of the known words has yet to begin. */
export function planOf(entries: Record<string, unknown>[]): AgentSaid[] {
  return [{ kind: 'plan', entries: entries.map(({ content, status }) => ({
    content: typeof content === 'string' ? content : '',
    status: status === 'completed' || status === 'in_progress' ? status : 'pending',
  })) }]
}
