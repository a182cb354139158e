import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import { overdueApprovals } from '../store/approvals.ts'
import { expireApproval } from './decide.ts'
import { createLookout } from './lookout.ts'

export interface ExpiryOptions {
  db: Database
  notifier: Notifier
  /** Questions that could not be looked after, and why. */
  warn: (error: unknown) => void
}

/** Questions that are looked at at once. */
const PAGE = 100

/** Ends what nobody has answered in time, by the database's clock; any number of servers may do this, and one of them does. */
export function createExpiry({ db, notifier, warn }: ExpiryOptions): { start: () => void, stop: () => Promise<void> } {
  return createLookout({
    db,
    notifier,
    warn,
    async look(isStopped) {
      const { overdue, nextMs } = await overdueApprovals(db, PAGE)
      for (const one of overdue) {
        if (isStopped())
          return null
        await expireApproval({ db, notifier }, one)
      }
      return nextMs
    },
  })
}
