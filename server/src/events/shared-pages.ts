import type { RunEvent } from '../domain/event.ts'
import type { Database } from '../store/database.ts'
import type { Notifier } from './notifier.ts'
import { readEvents } from '../store/events.ts'

export interface SharedPages {
  /** As `readEvents`, but readers at the same place get the very same page. Never change it. */
  read: (after: number, limit: number) => Promise<RunEvent[]>
  leave: () => void
}

interface Entry { readers: number, pages: Map<string, Promise<RunEvent[]>>, stop: () => void }

/** Long enough for readers that come at once; a page is not kept for those that come later. */
const KEPT_MS = 250

const open = new WeakMap<Notifier, Map<string, Entry>>()

/**
 * A thousand viewers of one run read each of its pages once. A page that was read before the bell rang is never given to
 * one who has heard it: so take this before listening to the same bell, for listeners are told in their order.
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
  const stops = [
    notifier.onRun(runId, () => pages.clear()),
    notifier.onRunsRemoved(ids => ids.includes(runId) && pages.clear()),
  ]
  return { readers: 0, pages, stop: () => stops.forEach(stop => stop()) }
}
