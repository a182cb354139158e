import type { RunEvent } from '@agentos/server/domain/event'
import type { Note, Timeline } from './timeline.ts'
import { addNote } from './fold-note.ts'

type AgentEvent = Extract<RunEvent, { type: 'agent.message' | 'agent.plan' | 'agent.diff' }>

/** Words that come in pieces are read as one; a plan stays where it last changed behind something else. */
export function foldAgentEvent(timeline: Timeline, event: AgentEvent): void {
  const last = lastNote(timeline)
  switch (event.type) {
    case 'agent.message':
      if (last?.kind === 'words' && last.of === event.data.kind) {
        last.text += event.data.text
        last.version++
      }
      else {
        addNote(timeline, { kind: 'words', of: event.data.kind, text: event.data.text, version: 0 }, event)
      }
      break
    case 'agent.plan':
      if (last?.kind === 'plan') {
        last.entries = event.data.entries
        last.version++
      }
      else {
        addNote(timeline, { kind: 'plan', entries: event.data.entries, version: 0 }, event)
      }
      break
    case 'agent.diff':
      addNote(timeline, { kind: 'diff', path: event.data.path, old: event.data.old, new: event.data.new, version: 0 }, event)
  }
}

export function isAgentEvent(event: RunEvent): event is AgentEvent {
  return event.type === 'agent.message' || event.type === 'agent.plan' || event.type === 'agent.diff'
}

/** What was said last, if no row came after it. */
function lastNote(timeline: Timeline): Note | null {
  const last = timeline.notes.at(-1)
  return last && last.row === timeline.rows.length ? last.note : null
}
