/** At most 20 events a second a run. */
const WINDOW_MS = 50

type Kind = 'text' | 'reasoning'

/** The first piece goes out at once; what comes within the window after it goes out together. */
export function coalesceDeltas(emit: (kind: Kind, text: string) => void): { add: (delta: { kind: Kind, text: string }) => void, end: () => void } {
  let waiting: { kind: Kind, text: string }[] = []
  let timer: NodeJS.Timeout | null = null

  function flush(): void {
    timer = null
    const due = waiting
    waiting = []
    if (due.length === 0)
      return
    for (const { kind, text } of due)
      emit(kind, text)
    timer = setTimeout(flush, WINDOW_MS)
  }

  return {
    add({ kind, text }) {
      const same = waiting.find(piece => piece.kind === kind)
      if (same)
        same.text += text
      else
        waiting.push({ kind, text })
      if (!timer)
        flush()
    },
    end() {
      if (timer)
        clearTimeout(timer)
      flush()
      if (timer)
        clearTimeout(timer)
    },
  }
}
