import type { Database } from '../src/store/database.ts'
import type { Acknowledgement, SeenLog } from './checker/clients.ts'
import type { History } from './checker/history.ts'
import type { Violation } from './checker/rules.ts'
import { checkBudgets } from './checker/budgets.ts'
import { checkAcknowledged, checkSeen, checkStuck } from './checker/clients.ts'
import { checkHistory } from './checker/history.ts'
import { readHistories } from './checker/stored.ts'
import { checkCanary, checkKeptCounts, checkOrphans, checkTicks } from './checker/whole.ts'

/** What is known beside the database. */
export interface Testimony {
  acknowledged?: Acknowledgement[]
  seen?: SeenLog[]
  /** Everything that is due must have ended by now. */
  isSettled?: boolean
  canary?: { value: string, files: string[] }
}

/**
 * Holds every run of a database against the rules of checker/rules.ts, and against what its clients were told. It reads the tables
 * themselves, while nothing else writes.
 */
export async function checkDatabase(db: Database, { acknowledged = [], seen = [], isSettled = false, canary }: Testimony = {}): Promise<Violation[]> {
  const violations: Violation[] = []
  const asked = new Set([...acknowledged, ...seen].map(({ runId }) => runId))
  const kept = new Map<string, History>()
  for await (const history of readHistories(db)) {
    violations.push(...checkHistory(history))
    if (isSettled || asked.has(history.run.id))
      kept.set(history.run.id, history)
  }
  return [
    ...violations,
    ...checkAcknowledged(kept, acknowledged),
    ...checkSeen(kept, seen),
    ...isSettled ? checkStuck(kept) : [],
    ...await checkKeptCounts(db),
    ...await checkOrphans(db),
    ...await checkTicks(db),
    ...await checkBudgets(db),
    ...canary ? await checkCanary(db, canary.value, canary.files) : [],
  ]
}
