import type { Progress, RunAppend } from '../store/run-append.ts'

export interface Merged<Entry> extends RunAppend {
  /** The entries that it was made of, and how many events of the run come after the last of each. */
  parts: { entry: Entry, eventsAfter: number }[]
}

/** A run stands once in a commit. */
export function mergeByRun<Entry extends RunAppend>(entries: Entry[]): Merged<Entry>[] {
  return [...Map.groupBy(entries, ({ ref }) => ref.runId).values()].map(merge)
}

function merge<Entry extends RunAppend>(group: Entry[]): Merged<Entry> {
  const events = group.flatMap(entry => entry.events)
  let eventsAfter = events.length
  const parts = group.map(entry => ({ entry, eventsAfter: eventsAfter -= entry.events.length }))
  return { ref: group[0]!.ref, events, progress: group.map(entry => entry.progress).reduce(sum), parts } // a group has an entry
}

function sum(a: Progress, b: Progress): Progress {
  return {
    steps: Math.max(a.steps, b.steps),
    recorded: a.recorded + b.recorded,
    outputBytes: a.outputBytes + b.outputBytes,
    tokens: a.tokens + b.tokens,
    costUsd: a.costUsd === null && b.costUsd === null ? null : (a.costUsd ?? 0) + (b.costUsd ?? 0),
    now: b.now === undefined ? a.now : b.now,
    isolation: b.isolation ?? a.isolation,
    isolationBy: b.isolationBy ?? a.isolationBy,
    answers: [...a.answers, ...b.answers],
  }
}
