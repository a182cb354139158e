import type { Notifier } from './notifier.ts'
import { BELL_BYTES } from '../store/driver.ts'

/** What may be rung in another process. `read` rings it there; each is one line on the way. */
const KINDS = {
  run: (notifier: Notifier, [runId, lastSeq]: string[]) => notifier.runChanged(runId!, Number(lastSeq)),
  removed: (notifier: Notifier, ids: string[]) => notifier.runsRemoved(ids),
  agents: (notifier: Notifier) => notifier.agentsChanged(),
  schedules: (notifier: Notifier) => notifier.schedulesChanged(),
  approvals: (notifier: Notifier) => notifier.approvalsChanged(),
  queued: (notifier: Notifier) => notifier.queued(),
  cancel: (notifier: Notifier, [runId]: string[]) => notifier.cancelRequested(runId!),
  keep: (notifier: Notifier, [runId]: string[]) => notifier.keepRequested(runId!),
  missed: (notifier: Notifier) => notifier.missed(),
} satisfies Record<string, (notifier: Notifier, words: string[]) => void>

type Kind = keyof typeof KINDS

/** What waits to be told to the others, each thing once. */
export interface WaitingBells {
  add: (kind: Kind, ...words: string[]) => void
  isEmpty: () => boolean
  /** Everything, in texts of at most BELL_BYTES; nothing waits afterwards. */
  take: () => string[]
}

/** More than this is said in one word: look for yourselves. */
const MAX_WAITING = 5_000
const IDS_A_LINE = 100

export function createWaitingBells(sender: string): WaitingBells {
  const lines = new Map<string, string>()
  return {
    add(kind, ...words) {
      if (lines.size >= MAX_WAITING) {
        lines.clear()
        lines.set('missed', 'missed')
      }
      if (kind === 'run')
        lines.set(`run ${words[0]}`, `run ${words.join(' ')}`) // the newest seq stands for all
      for (let from = 0; kind !== 'run' && (from === 0 || from < words.length); from += IDS_A_LINE) {
        const line = [kind, ...words.slice(from, from + IDS_A_LINE)].join(' ')
        lines.set(line, line)
      }
    },
    isEmpty: () => lines.size === 0,
    take() {
      const texts = pack(sender, [...lines.values()])
      lines.clear()
      return texts
    },
  }
}

function pack(sender: string, lines: string[]): string[] {
  const texts: string[] = []
  let text = sender
  for (const line of lines) {
    if (text.length + line.length + 1 > BELL_BYTES) {
      texts.push(text)
      text = sender
    }
    text += `\n${line}`
  }
  return [...texts, text]
}

/** Rings here what another process has sent. Our own comes back too, and has been rung; what nobody knows is a newer program's. */
export function ringRemote(notifier: Notifier, sender: string, text: string): void {
  const [from, ...lines] = text.split('\n')
  if (from === sender)
    return
  for (const [kind = '', ...words] of lines.map(line => line.split(' '))) {
    if (Object.hasOwn(KINDS, kind))
      KINDS[kind as Kind](notifier, words)
  }
}
