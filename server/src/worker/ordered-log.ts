import type { NewEvent } from '../domain/event.ts'

/** Writes the events of one run in the order in which they were handed over, a batch at a time. */
export interface OrderedLog {
  /** Takes events that nobody waits for; resolves at once, or, when too much is waiting, once there is room. */
  push: (events: NewEvent[]) => Promise<void>
  /** Takes events that can wait for the next ones: one commit less. */
  hold: (events: NewEvent[]) => void
  /** Resolves when these and all before them are durable. Rejects with what the log said. */
  record: (events: NewEvent[]) => Promise<void>
  /** Resolves when all that was taken is durable. Rejects when something could not be written. */
  flush: () => Promise<void>
}

const MAX_BATCH = 1000
const MAX_WAITING = 4000

/** `append` makes one batch durable. After its first failure nothing more is written: a gap would be a lie. */
export function createOrderedLog(append: (events: NewEvent[]) => Promise<unknown>, onFailure: (error: unknown) => void): OrderedLog {
  let waiting: NewEvent[] = []
  let pumping: Promise<void> | null = null
  let failure: { error: unknown } | null = null
  let taken = 0
  let written = 0
  let watchers: { until: number, resolve: () => void, reject: (error: unknown) => void }[] = []

  function hold(events: NewEvent[]): void {
    if (failure)
      return
    for (const event of events)
      waiting.push(event)
    taken += events.length
  }

  function take(events: NewEvent[]): void {
    hold(events)
    if (waiting.length > 0)
      pumping ??= pump()
  }

  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      try {
        await append(batch)
      }
      catch (error) {
        fail(error)
        break
      }
      written += batch.length
      tell()
    }
    pumping = null
  }

  function fail(error: unknown): void {
    failure = { error }
    waiting = []
    for (const watcher of watchers)
      watcher.reject(error)
    watchers = []
    onFailure(error)
  }

  function tell(): void {
    const due = watchers.filter(({ until }) => until <= written)
    watchers = watchers.filter(({ until }) => until > written)
    for (const watcher of due)
      watcher.resolve()
  }

  function until(count: number): Promise<void> {
    if (failure)
      return Promise.reject(failure.error)
    if (count <= written)
      return Promise.resolve()
    return new Promise((resolve, reject) => watchers.push({ until: count, resolve, reject }))
  }

  return {
    push(events) {
      take(events)
      // A failure is told to whoever records or flushes; the one that only hands over need not know.
      return taken - written > MAX_WAITING ? until(taken - MAX_WAITING).catch(() => {}) : Promise.resolve()
    },
    hold,
    record(events) {
      take(events)
      return until(taken)
    },
    flush() {
      take([])
      return until(taken)
    },
  }
}
