import type { Database } from './database.ts'
import type { RunRef } from './run-append.ts'

export interface HeldRun { fence: number, isCancelRequested: boolean }

/** Extends the leases of all runs that the worker still has. Resolves to those it has, and whether somebody wants them to end. */
export async function extendLeases(db: Database, worker: string, refs: RunRef[], leaseMs: number): Promise<Map<string, HeldRun>> {
  const held = await extend(db, worker, refs, leaseMs, 'SKIP LOCKED')
  if (db.dialect === 'postgresql') {
    // What an append has at the moment: each by itself. Whoever waits for one row while it has others may wait in a circle.
    for (const ref of refs.filter(({ runId }) => !held.has(runId))) {
      for (const [runId, run] of await extend(db, worker, [ref], leaseMs, ''))
        held.set(runId, run)
    }
  }
  return held
}

async function extend(db: Database, worker: string, refs: RunRef[], leaseMs: number, orElse: 'SKIP LOCKED' | ''): Promise<Map<string, HeldRun>> {
  const { now, later, texts } = db.sql
  const own = `"id" IN ${texts('$1')} AND "worker" = $2 AND "status" = 'running'`
  const free = db.dialect === 'postgresql' ? `"id" IN (SELECT "id" FROM runs WHERE ${own} FOR NO KEY UPDATE ${orElse})` : own
  const [rows] = await db.batch([{
    sql: `UPDATE runs SET "leaseUntil" = ${later(now, '$3')} WHERE ${free}
      RETURNING "id", "fence", CASE WHEN "cancelRequestedAt" IS NULL THEN 0 ELSE 1 END AS "asked"`,
    params: [JSON.stringify(refs.map(ref => ref.runId)), worker, leaseMs],
  }])
  return new Map(rows!.map(row => [row.id as string, { fence: row.fence as number, isCancelRequested: row.asked === 1 }])) // the columns that are returned
}

export interface Lease { runId: string, fence: number, worker: string, leftMs: number }

/** Every run that is running, with what is left of its lease by the database's clock. */
export async function listLeases(db: Database): Promise<Lease[]> {
  const { now, epochMs } = db.sql
  const rows = await db.read({ sql: `SELECT "id", "fence", "worker", ${epochMs('"leaseUntil"')} - ${epochMs(now)} AS "leftMs" FROM runs WHERE "status" = 'running'`, params: [] })
  return rows.map(row => ({ runId: row.id, fence: row.fence, worker: row.worker, leftMs: row.leftMs ?? 0 }) as Lease) // the columns named here
}

/** Those of these that the worker still has. */
export async function stillHeld(db: Database, worker: string, runIds: string[]): Promise<Set<string>> {
  const sql = `SELECT "id" FROM runs WHERE "id" IN ${db.sql.texts('$1')} AND "worker" = $2 AND "status" = 'running'`
  const rows = await db.read({ sql, params: [JSON.stringify(runIds), worker] })
  return new Set(rows.map(row => String(row.id)))
}
