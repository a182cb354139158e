/** What keeps the workspace of an attempt while it goes on, whenever somebody asks: one at a time, and of those who ask meanwhile one more for all. */
export interface AttemptSnapshots {
  ask: () => void
  /** There is a workspace now, and `keep` keeps it. Who asked before is served. */
  open: (keep: Keep) => void
  /** Takes no more, and cuts the one that is under way short; resolves when none is. */
  close: () => Promise<void>
}

type Keep = (signal: AbortSignal) => Promise<void>

export function createAttemptSnapshots(): AttemptSnapshots {
  const closed = new AbortController()
  let keep: Keep | null = null
  let isAsked = false
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    while (isAsked && !closed.signal.aborted && keep) {
      isAsked = false
      await keep(closed.signal)
    }
    running = null
  }

  function serve(): void {
    if (isAsked && !closed.signal.aborted && keep)
      running ??= run()
  }

  return {
    ask() {
      isAsked = true
      serve()
    },
    open(how) {
      keep = how
      serve()
    },
    async close() {
      closed.abort()
      await running
    },
  }
}
