import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import { createAlarm } from '../queue/alarm.ts'

export interface LookoutOptions {
  db: Pick<Database, 'dialect'>
  notifier: Notifier
  /** Does what is due, and says in how many milliseconds something is next; null: nothing is known of. */
  look: (isStopped: () => boolean) => Promise<number | null>
  warn: (error: unknown) => void
}

/** After a failure of the database. */
const RETRY_MS = 1_000
/** Where there are several servers, a bell may be lost with the one that rang it. */
const OTHERS_MS = 30_000

/** Looks after approvals: when something is due, and when something was asked or decided. Both are idempotent. */
export function createLookout({ db, notifier, look, warn }: LookoutOptions): { start: () => void, stop: () => Promise<void> } {
  const alarm = createAlarm(wake)
  let looking: Promise<void> | null = null
  let isWoken = false
  let isStopped = false
  let ignoreBells: (() => void) | null = null

  function wake(): void {
    isWoken = true
    if (!isStopped)
      looking ??= lookWhileWoken().finally(() => looking = null)
  }

  async function lookWhileWoken(): Promise<void> {
    while (isWoken && !isStopped) {
      isWoken = false
      alarm.clear()
      const nextMs = await look(() => isStopped).catch((error: unknown) => {
        warn(error)
        return RETRY_MS
      })
      const inMs = Math.min(nextMs ?? Infinity, db.dialect === 'sqlite' ? Infinity : OTHERS_MS)
      if (inMs < Infinity && !isStopped)
        alarm.set(inMs)
    }
  }

  return {
    start() {
      if (ignoreBells || isStopped)
        return
      ignoreBells = notifier.onApprovalsChanged(wake)
      wake()
    },
    async stop() {
      isStopped = true
      alarm.clear()
      ignoreBells?.()
      await looking
    },
  }
}
