import type { Note } from './timeline.ts'
import { formatOfLimit, limitWord } from '../format/limit.ts'
import { formatNumber, formatShare } from '../format/number.ts'
import { shownText } from './shown-text.ts'

export interface NoteLine {
  tone: 'wait' | 'bad'
  icon: string
  title: string
  about: string
  value: string
}

/** What a note says in a line. */
export function noteLine(note: Exclude<Note, { kind: 'artifact' }>): NoteLine {
  switch (note.kind) {
    case 'approached':
      return { tone: 'wait', icon: 'i-lucide-triangle-alert', title: `Near its limit of ${limitWord(note.limit)}`, about: shareOf(note), value: formatOfLimit(note.limit, note.used, note.allowed) }
    case 'reached':
      return { tone: 'bad', icon: 'i-lucide-octagon-x', title: `Reached its limit of ${limitWord(note.limit)}`, about: '', value: formatOfLimit(note.limit, note.used, note.allowed) }
    case 'lost':
      return { tone: 'wait', icon: 'i-lucide-file-x', title: 'Not saved', about: `${shownText(note.name)}: ${shownText(note.detail)}`, value: '' }
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

function shareOf({ used, allowed }: { used: number, allowed: number }): string {
  const share = formatShare(used, allowed)
  return share === null ? '' : `${share} used`
}
