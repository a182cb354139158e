import type { AgentNote, Effect, Note } from './timeline.ts'
import { amountInWords } from '@agentos/server/domain/budget-words'
import { formatOfLimit, limitWord } from '../format/limit.ts'
import { formatNumber, formatShare } from '../format/number.ts'
import { shownText } from './shown-text.ts'

export interface NoteLine {
  tone: 'wait' | 'bad' | 'plain'
  icon: string
  title: string
  about: string
  value: string
}

/** What a note says in a line. */
export function noteLine(note: Exclude<Note, { kind: 'artifact' } | AgentNote>): NoteLine {
  switch (note.kind) {
    case 'approached':
      return { tone: 'wait', icon: 'i-lucide-triangle-alert', title: `Near its limit of ${limitWord(note.limit)}`, about: shareOf(note), value: formatOfLimit(note.limit, note.used, note.allowed) }
    case 'reached':
      return { tone: 'bad', icon: 'i-lucide-octagon-x', title: `Reached its limit of ${limitWord(note.limit)}`, about: '', value: formatOfLimit(note.limit, note.used, note.allowed) }
    case 'budget':
      return {
        tone: note.isReached ? 'bad' : 'wait',
        icon: note.isReached ? 'i-lucide-octagon-x' : 'i-lucide-triangle-alert',
        title: note.isReached ? 'A budget has no room for the next call' : 'A budget is nearly spent',
        about: note.budget,
        value: `${amountInWords(note.unit, note.spent)} of ${amountInWords(note.unit, note.allowed)}${note.held > 0 ? `, ${amountInWords(note.unit, note.held)} held` : ''}`,
      }
    case 'lost':
      return { tone: 'wait', icon: 'i-lucide-file-x', title: 'Not saved', about: `${shownText(note.name)}: ${shownText(note.detail)}`, value: '' }
    case 'message':
      return { tone: 'plain', icon: 'i-lucide-message-square', title: shownText(note.by), about: shownText(note.text), value: '' }
    case 'effect':
      return {
        tone: 'wait',
        icon: 'i-lucide-triangle-alert',
        title: 'Nobody knows how it ended',
        about: `${shownText(note.effect.name)}${note.effect.settled?.note ? `: “${shownText(note.effect.settled.note)}”` : ''}`,
        value: settledWords(note.effect),
      }
    case 'denied':
      return {
        tone: 'wait',
        icon: 'i-lucide-globe-lock',
        title: 'Connection refused',
        about: `${shownText(note.host)}:${note.port}, ${shownText(note.reason)}`,
        value: note.count > 1 ? `${formatNumber(note.count)} times` : '',
      }
  }
}

function settledWords({ settled }: Effect): string {
  switch (settled?.as) {
    case undefined: return 'to be settled'
    case 'done': return `it was done, says ${settled!.by}`
    case 'failed': return `it failed, says ${settled!.by}`
    case 'repeat': return `done again, by ${settled!.by}`
    case 'told': return 'the model was told so'
    case 'interrupted': return 'it ended the run'
  }
}

function shareOf({ used, allowed }: { used: number, allowed: number }): string {
  const share = formatShare(used, allowed)
  return share === null ? '' : `${share} used`
}
