import type { Database } from '../store/database.ts'
import { settleLostHolds } from '../store/lost-holds.ts'

const EVERY_MS = 60_000

/** Once a minute: what is still held for runs that are over counts as spent, so that nothing is held for ever. */
export function createHoldSweep({ db, warn }: { db: Database, warn: (error: unknown) => void }): { start: () => void, stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<unknown> = Promise.resolve()
  return {
    start() {
      timer ??= setInterval(() => looking = settleLostHolds(db).catch(warn), EVERY_MS)
    },
    async stop() {
      clearInterval(timer)
      await looking
    },
  }
}
