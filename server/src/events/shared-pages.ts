import type { RunEvent } from '../domain/event.ts'
import type { Database } from '../store/database.ts'
import type { Notifier } from './notifier.ts'
import type { Rounds } from './rounds.ts'
import { readEvents } from '../store/events.ts'
import { createRounds } from './rounds.ts'

export interface SharedPages {
  /** As `readEvents`, but readers at the same place get the very same page. Never change it. */
  read: (after: number, limit: number) => Promise<RunEvent[]>
  /** The run has grown, or is gone. Returns what ends the listening. */
  onGrown: (wake: () => void) => () => void
  leave: () => void
}

interface Entry { readers: number, pages: Map<string, Promise<RunEvent[]>>, rounds: Rounds, stop: () => void }

/** Long enough for readers that come at once; a page is not kept for those that come later. */
const KEPT_MS = 250

const open = new WeakMap<Notifier, Map<string, Entry>>()

/**
 * A thousand viewers of one run are woken together and read each of its pages once. Whoever is woken gets no page that was read
 * before; whoever comes in between may get one that lacks the newest events, and is woken for them.
 */
export function sharePages(db: Database, notifier: Notifier, runId: string): SharedPages {
  const runs = open.get(notifier) ?? new Map<string, Entry>()
  open.set(notifier, runs)
  const entry = runs.get(runId) ?? openEntry(notifier, runId)
  runs.set(runId, entry)
  entry.readers++

  return {
    read(after, limit) {
      const place = `${after} ${limit}`
      const known = entry.pages.get(place)
      if (known)
        return known
      const page = readEvents(db, runId, { after, limit })
      entry.pages.set(place, page)
      const forget = () => entry.pages.get(place) === page && entry.pages.delete(place)
      page.then(() => setTimeout(forget, KEPT_MS).unref(), forget)
      return page
    },
    onGrown: entry.rounds.listen,
    leave() {
      if (--entry.readers > 0)
        return
      entry.stop()
      runs.delete(runId)
    },
  }
}

function openEntry(notifier: Notifier, runId: string): Entry {
  const pages: Entry['pages'] = new Map()
  const rounds = createRounds(() => pages.clear())
  const stops = [
    notifier.onRun(runId, rounds.ring),
    notifier.onRunsRemoved(ids => ids.includes(runId) && rounds.ring()),
    notifier.onMissed(rounds.ring),
  ]
  return { readers: 0, pages, rounds, stop: () => stops.forEach(stop => stop()) }
}
