import type { Database } from './database.ts'
import type { EndOf } from './end-runs.postgresql.ts'
import { END_REASONS } from '../domain/run.ts'
import { endRun } from './end-run.ts'
import { endAtOnce } from './end-runs.postgresql.ts'

export type Ended = { lastSeq: number } | { error: unknown }

/** `endRun` for many, each told how it went with its own run. Rejects when the database is the trouble; then all may be ended once more. */
export async function endRuns(db: Database, ends: EndOf[]): Promise<Ended[]> {
  const ended = db.dialect === 'postgresql' ? await endByStatus(db, ends) : new Map<string, number>()
  return Promise.all(ends.map(async ({ ref, end, mark }) => {
    const lastSeq = ended.get(ref.runId)
    // One that was not held any more, or that was ended by an earlier try whose answer was lost.
    return lastSeq !== undefined ? { lastSeq } : endRun(db, ref, end, mark).catch((error: unknown) => ({ error }))
  }))
}

/** One statement for each status: two that take the counts of several in different orders would wait for each other. */
async function endByStatus(db: Database, ends: EndOf[]): Promise<Map<string, number>> {
  const groups = Map.groupBy(ends, ({ end }) => END_REASONS[end.reason].status)
  const ended = await Promise.all([...groups.values()].map(group => endAtOnce(db, group)))
  return new Map(ended.flatMap(group => [...group]))
}
