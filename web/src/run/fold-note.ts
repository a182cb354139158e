import type { RunEvent } from '@agentos/server/domain/event'
import type { Note, Timeline } from './timeline.ts'

type NoteEvent = Extract<RunEvent, { type: 'limit.approached' | 'limit.reached' | 'budget.approached' | 'budget.reached' | 'network.allowed' | 'network.denied' | 'artifact.saved' | 'artifact.lost' | 'message.sent' }>

/** A hostile run may knock at any number of doors: more names than these are counted and not kept. */
const MOST_HOSTS = 500

const NOTED = new Set<string>(['limit.approached', 'limit.reached', 'budget.approached', 'budget.reached', 'network.allowed', 'network.denied', 'artifact.saved', 'artifact.lost', 'message.sent'] satisfies NoteEvent['type'][])

/** What a run met beside its steps. It stands in the reading where it happened; a host that is refused again is counted where it first was. */
export function foldNote(timeline: Timeline, event: NoteEvent): void {
  switch (event.type) {
    case 'limit.approached':
      addNote(timeline, { kind: 'approached', ...event.data }, event)
      break
    case 'limit.reached':
      addNote(timeline, { kind: 'reached', ...event.data }, event)
      break
    case 'budget.approached':
    case 'budget.reached':
      addNote(timeline, { kind: 'budget', isReached: event.type === 'budget.reached', ...event.data }, event)
      break
    case 'artifact.saved':
      addNote(timeline, { kind: 'artifact', artifact: event.data }, event)
      break
    case 'artifact.lost':
      addNote(timeline, { kind: 'lost', name: event.data.name, detail: event.data.detail }, event)
      break
    case 'message.sent':
      addNote(timeline, { kind: 'message', ...event.data }, event)
      break
    case 'network.allowed':
      timeline.network.connections++
      countHost(timeline.network.allowed, event.data.host)
      break
    case 'network.denied':
      refuse(timeline, event.data, event)
      break
  }
}

export function isNoteEvent(event: RunEvent): event is NoteEvent {
  return NOTED.has(event.type)
}

function refuse(timeline: Timeline, { host, port, reason }: Extract<RunEvent, { type: 'network.denied' }>['data'], event: RunEvent): void {
  timeline.network.refused++
  countHost(timeline.network.denied, host)
  const { deniedNotes } = timeline
  const door = `${host}:${port}`
  const before = deniedNotes.get(door)
  if (before)
    before.count++
  else if (deniedNotes.size < MOST_HOSTS)
    deniedNotes.set(door, addNote(timeline, { kind: 'denied', host, port, reason, count: 1 }, event))
}

function countHost(hosts: Map<string, number>, host: string): void {
  const count = hosts.get(host)
  if (count !== undefined || hosts.size < MOST_HOSTS)
    hosts.set(host, (count ?? 0) + 1)
}

export function addNote<T extends Note>(timeline: Timeline, note: T, { seq, at }: RunEvent): T {
  timeline.notes.push({ key: `note-${seq}`, at: Date.parse(at), row: timeline.rows.length, note })
  timeline.structure++
  return note
}
