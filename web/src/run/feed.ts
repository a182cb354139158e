import type { Note, PlacedNote, Row, Timeline } from './timeline.ts'
import { remoteCall } from './remote-call.ts'

/** What the reading shows: the rows of the trace but for the attempts' heads, and what the run met between them. */
export type FeedItem = Extract<Row, { kind: 'step' | 'call' | 'marker' | 'try' }> | NoteItem
export type NoteItem = PlacedNote & { kind: 'note' }

/** What was tried before stands before what came of it. */
export function feedOf(timeline: Timeline): FeedItem[] {
  const items: FeedItem[] = []
  let noted = 0
  const addNotes = (before: number) => {
    for (; noted < timeline.notes.length && timeline.notes[noted]!.row <= before; noted++)
      items.push({ kind: 'note', ...timeline.notes[noted]! })
  }
  for (const [at, row] of timeline.rows.entries()) {
    addNotes(at)
    if (row.kind === 'try')
      items.splice(items.findLastIndex(item => item.kind === 'step'), 0, row)
    else if (row.kind !== 'attempt')
      items.push(row)
  }
  addNotes(timeline.rows.length)
  return items
}

/** Rows that j and k stop at. */
export function isSelectable(row: Row): boolean {
  return row.kind === 'step' || row.kind === 'call'
}

/** What a person most likely came for: the step that failed, else the newest. */
export function startingRow(timeline: Timeline): Row | null {
  if (timeline.end?.status === 'failed') {
    const failed = timeline.rows.findLast(row => (row.kind === 'call' && row.call.status === 'failed') || (row.kind === 'step' && row.step.status === 'failed'))
    if (failed)
      return failed
  }
  return timeline.rows.findLast(isSelectable) ?? null
}

/** Whether there is something to read in it. */
export function hasBody(item: Exclude<FeedItem, { kind: 'marker' | 'try' | 'note' }>): boolean {
  if (item.kind === 'call')
    return item.call.status === 'running' || item.call.status === 'failed' || item.call.output.lines.length > 0 || (item.call.result !== null && remoteCall(item.call) !== null)
  const { step } = item
  if (step.status === 'skipped')
    return false
  return step.kind === 'model' || step.status === 'running' || step.status === 'failed' || step.output.lines.length > 0
}

/** `3`, and `3.2` for the second call that step 3 asked for. */
export function numberOf(item: FeedItem): string {
  if (item.kind === 'marker' || item.kind === 'note')
    return ''
  if (item.kind === 'call')
    return `${item.step.number}.${item.step.calls.indexOf(item.call) + 1}`
  return String(item.step.number)
}

/** Rows change in place; what shows one is drawn again when this differs. */
export function versionOf(row: Row | FeedItem): string | number {
  switch (row.kind) {
    case 'step': return row.step.version
    case 'call': return row.call.version
    case 'attempt': return row.attempt.state
    case 'marker': return `${row.marker.resumedAt}-${row.marker.availableAt}-${row.marker.parked}-${row.marker.resumed !== null}`
    case 'try': return 0
    case 'note': return noteVersion(row.note)
  }
}

function noteVersion(note: Note): number {
  if (note.kind === 'denied')
    return note.count
  if (note.kind === 'words' || note.kind === 'plan' || note.kind === 'diff')
    return note.version
  return note.kind === 'effect' && note.effect.settled ? 1 : 0
}
