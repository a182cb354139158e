import type { RunStatus } from '../domain/run.ts'
import type { TickOutcome, TickView } from '../domain/views/schedule.ts'
import type { Database } from './database.ts'
import type { Statement } from './driver.ts'
import type { ScheduleRow } from './schedule-row.ts'
import type { Sql } from './sql.ts'
import { newId } from './id.ts'
import { selectSchedules } from './schedule-row.ts'
import { storable } from './text.ts'

/** Those whose time has come, the longest overdue first, and the clock by which it has. */
export async function dueSchedules(db: Database, limit: number): Promise<{ nowMs: number, due: (ScheduleRow & { nextTickMs: number })[] }> {
  const due = await selectSchedules(db, `WHERE s."nextTickAt" <= ${db.sql.now} AND s."pausedAt" IS NULL ORDER BY s."nextTickAt", s."id" LIMIT ${limit}`, [])
  const [row] = await db.read({ sql: `SELECT ${db.sql.epochMs(db.sql.now)} AS "now"`, params: [] })
  return { nowMs: Number(row!.now), due: due as (ScheduleRow & { nextTickMs: number })[] } // the condition says that it is set
}

/** In how many milliseconds the next tick comes; negative when it has come; null when none will. */
export async function nextTickInMs(db: Database): Promise<number | null> {
  const { now, epochMs } = db.sql
  const [row] = await db.read({ sql: `SELECT min(${epochMs('"nextTickAt"')}) - ${epochMs(now)} AS "ms" FROM schedules WHERE "nextTickAt" IS NOT NULL AND "pausedAt" IS NULL`, params: [] })
  return typeof row?.ms === 'number' ? row.ms : null
}

/** Runs of a schedule that have not ended. */
export async function unfinishedRuns(db: Database, scheduleId: string): Promise<string[]> {
  const rows = await db.read({ sql: `SELECT "id" FROM runs WHERE "scheduleId" = $1 AND "status" IN ('queued', 'running', 'waiting') ORDER BY "id" LIMIT 100`, params: [scheduleId] })
  return rows.map(row => row.id as string) // the column named above
}

export interface WaitingTick { schedule: ScheduleRow, tickAtMs: number }

/** Schedules whose ticks wait for a run to end, and the oldest of those ticks. */
export async function waitingTicks(db: Database): Promise<WaitingTick[]> {
  const schedules = await selectSchedules(db, `WHERE EXISTS (SELECT 1 FROM schedule_ticks AS t WHERE t."scheduleId" = s."id" AND t."outcome" = 'waiting') ORDER BY s."id"`, [])
  return Promise.all(schedules.map(async schedule => ({ schedule, ...(await waitingTicksOf(db, schedule.id)) })))
}

export async function waitingTicksOf(db: Database, scheduleId: string): Promise<{ tickAtMs: number, count: number }> {
  const [row] = await db.read({ sql: `SELECT min(${db.sql.epochMs('"tickAt"')}) AS "at", count(*) AS "count" FROM schedule_ticks WHERE "scheduleId" = $1 AND "outcome" = 'waiting'`, params: [scheduleId] })
  return { tickAtMs: Number(row!.at), count: Number(row!.count) } // one row, always
}

/** Ticks that will not be started after all. */
export async function dropWaitingTicks(db: Database, scheduleId: string, detail: string): Promise<void> {
  await db.batch([{ sql: `UPDATE schedule_ticks SET "outcome" = 'skipped', "detail" = $2 WHERE "scheduleId" = $1 AND "outcome" = 'waiting'`, params: [scheduleId, storable(detail)] }])
}

export interface TickRecord { atMs: number, outcome: Exclude<TickOutcome, 'submitted'>, detail: string }

/** From a schedule's next tick, as it was seen, to the one after. */
export interface Step { scheduleId: string, expectedMs: number, nextMs: number | null }

/** What became of ticks that made no run. False when somebody else was quicker, or the schedule was changed or paused: then nothing is stored. */
export async function recordTicks(db: Database, step: Step, ticks: TickRecord[]): Promise<boolean> {
  const mark = newId()
  const [advanced] = await db.batch([advance(db.sql, step, mark), ...ticks.map(tick => insertTick(db.sql, step.scheduleId, mark, { ...tick, runId: null }))])
  return advanced!.length > 0
}

/** What comes before a run in its transaction: only when it has made the tick the run's own may the run be stored. */
export type ClaimTick = (sql: Sql, runId: string) => Statement[]

/** Of a tick that has come. */
export function claimNextTick(step: Step): ClaimTick {
  return (sql, runId) => {
    const mark = newId()
    return [advance(sql, step, mark), insertTick(sql, step.scheduleId, mark, { atMs: step.expectedMs, outcome: 'submitted', detail: null, runId })]
  }
}

/** Of a tick that has waited, while no run of its schedule has not ended. */
export function claimWaitingTick(scheduleId: string, tickAtMs: number): ClaimTick {
  return (sql, runId) => [{
    sql: `UPDATE schedule_ticks SET "outcome" = 'submitted', "detail" = NULL, "runId" = $3 WHERE "scheduleId" = $1 AND "tickAt" = ${sql.instant('$2')} AND "outcome" = 'waiting'
      AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r."scheduleId" = $1 AND r."status" IN ('queued', 'running', 'waiting'))`,
    params: [scheduleId, tickAtMs, runId],
  }]
}

/** A tick that has waited and cannot be started. */
export async function refuseWaitingTick(db: Database, scheduleId: string, tickAtMs: number, detail: string): Promise<void> {
  await db.batch([{
    sql: `UPDATE schedule_ticks SET "outcome" = 'refused', "detail" = $3 WHERE "scheduleId" = $1 AND "tickAt" = ${db.sql.instant('$2')} AND "outcome" = 'waiting'`,
    params: [scheduleId, tickAtMs, storable(detail)],
  }])
}

/** The row of the schedule is locked by this first, so that of several who see the same tick one goes on. */
function advance(sql: Sql, { scheduleId, expectedMs, nextMs }: Step, mark: string): Statement {
  return {
    sql: `UPDATE schedules SET "nextTickAt" = ${sql.instant('$3')}, "mark" = $4 WHERE "id" = $1 AND "nextTickAt" = ${sql.instant('$2')} AND "pausedAt" IS NULL RETURNING "id"`,
    params: [scheduleId, expectedMs, nextMs, mark],
  }
}

interface NewTick { atMs: number, outcome: TickOutcome, detail: string | null, runId: string | null }

function insertTick(sql: Sql, scheduleId: string, mark: string, { atMs, outcome, detail, runId }: NewTick): Statement {
  return {
    sql: `INSERT INTO schedule_ticks ("scheduleId", "tickAt", "outcome", "detail", "runId", "createdAt")
      SELECT s."id", ${sql.instant('$3')}, $4, $5, $6, ${sql.now} FROM schedules AS s WHERE s."id" = $1 AND s."mark" = $2
      ON CONFLICT ("scheduleId", "tickAt") DO NOTHING`,
    params: [scheduleId, mark, atMs, outcome, detail === null ? null : storable(detail), runId],
  }
}

/** The last ticks of each schedule, newest first. */
export async function lastTicks(db: Database, scheduleIds: string[], limit: number): Promise<Map<string, TickView[]>> {
  const { epochMs } = db.sql
  const pages = await Promise.all(scheduleIds.map(id => db.read({
    sql: `SELECT ${epochMs('t."tickAt"')} AS "at", t."outcome", t."detail", t."runId", r."status" FROM schedule_ticks AS t LEFT JOIN runs AS r ON r."id" = t."runId"
      WHERE t."scheduleId" = $1 ORDER BY t."tickAt" DESC LIMIT ${limit}`,
    params: [id],
  })))
  return new Map(scheduleIds.map((id, index) => [id, pages[index]!.map((row): TickView => ({
    tickAt: new Date(Number(row.at)).toISOString(),
    outcome: row.outcome as TickOutcome, // written from that type
    detail: row.detail as string | null,
    runId: row.runId as string | null,
    runStatus: row.status as RunStatus | null, // written from that type
  }))]))
}
