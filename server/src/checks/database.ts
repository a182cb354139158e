import type { DatabaseStanding } from '../store/standing.ts'
import type { Check } from './check.ts'
import { DatabaseError } from '../store/errors.ts'

const APART_MS = 2_000
/** A clock that was put back by less is a clock that was set. */
const BACK_MS = 60_000

export type Inspected = { standing: DatabaseStanding } | { error: unknown }

export function checkDatabase(inspected: Inspected): Check {
  if ('error' in inspected) {
    const { error } = inspected
    return { name: 'database', result: 'error', found: (error as Error).message, mend: (error instanceof DatabaseError && MENDS[error.code]) || 'check DATABASE_URL' }
  }
  const { dialect, exists, applied, pending, tookMs } = inspected.standing
  if (!exists)
    return { name: 'database', result: 'ok', found: `${dialect}, made at the first start` }
  if (pending.length === 0)
    return { name: 'database', result: 'ok', found: `${dialect}, answers in ${tookMs.toFixed(1)} ms, migrated (${applied})` }
  return {
    name: 'database',
    result: 'warning',
    found: `${dialect}, ${pending.length} of ${applied + pending.length} migrations are not applied: ${pending.join(', ')}`,
    mend: 'the next start applies them; make a backup before it',
  }
}

/** Leases and schedules go by the database's clock, what people read by this machine's. */
export function checkClock({ dialect, exists, apartMs, newestMs }: Pick<DatabaseStanding, 'dialect' | 'exists' | 'apartMs' | 'newestMs'>): Check {
  const name = 'clock'
  const mend = 'set the clock, and keep it set (chrony, systemd-timesyncd)'
  if (dialect === 'postgresql' && Math.abs(apartMs) > APART_MS)
    return { name, result: 'warning', found: `${(Math.abs(apartMs) / 1000).toFixed(1)} s ${apartMs > 0 ? 'behind' : 'ahead of'} the database's`, mend }
  if (newestMs !== null && newestMs - Date.now() - apartMs > BACK_MS)
    return { name, result: 'warning', found: `the newest run is of ${new Date(newestMs).toISOString()}, which has not come yet`, mend }
  return { name, result: 'ok', found: dialect === 'postgresql' && exists ? `${Math.abs(apartMs).toFixed(0)} ms from the database's` : new Date().toISOString() }
}

const MENDS: Partial<Record<DatabaseError['code'], string>> = {
  unreachable: 'start the database, or mend the address in DATABASE_URL',
  refused: 'mend user, password and database name in DATABASE_URL',
  newer: 'start the AgentOS that wrote it, or a newer one',
  damaged: 'restore it from a backup',
  read_only: 'give the file and its folder to the user that runs AgentOS',
  full: 'free some space',
}
