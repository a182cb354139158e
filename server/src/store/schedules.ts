import type { CatchUp, Overlap, Timing } from '../domain/schedule.ts'
import type { Actor } from './actor.ts'
import type { Database } from './database.ts'
import type { Param } from './driver.ts'
import type { ScheduleRow } from './schedule-row.ts'
import { nextTick } from '../domain/schedule.ts'
import { newId } from './id.ts'
import { selectSchedules } from './schedule-row.ts'
import { storable } from './text.ts'

export type { ScheduleRow } from './schedule-row.ts'

/** What may be said of a schedule, and said anew. */
export interface ScheduleWords extends Timing {
  overlap: Overlap
  catchUp: CatchUp
  catchUpWindowMs: number
  task: string
  inputs: Record<string, string | number | boolean>
}

export interface NewSchedule extends ScheduleWords { actor: Actor, agentId: string }

/** More than anybody looks through, and few enough to be listed whole. */
export const MOST_SCHEDULES = 1_000

/** By agent, the oldest first. */
export async function listSchedules(db: Database, organisationId: string, agentId?: string): Promise<ScheduleRow[]> {
  const own = agentId === undefined ? '' : 'AND s."agentId" = $2'
  return selectSchedules(db, `WHERE s."organisationId" = $1 ${own} ORDER BY a."name", s."createdAt", s."id" LIMIT ${MOST_SCHEDULES}`, [organisationId, ...agentId === undefined ? [] : [agentId]])
}

export async function getSchedule(db: Database, id: string): Promise<ScheduleRow | null> {
  const [row] = await selectSchedules(db, 'WHERE s."id" = $1', [id])
  return row ?? null
}

/** The next to come, at most `limit` of them. */
export async function nextSchedules(db: Database, organisationId: string, limit: number): Promise<ScheduleRow[]> {
  return selectSchedules(db, `WHERE s."organisationId" = $1 AND s."nextTickAt" IS NOT NULL ORDER BY s."nextTickAt", s."id" LIMIT ${limit}`, [organisationId])
}

/** The database's clock, which schedules go by. */
export async function clockMs(db: Database): Promise<number> {
  const [row] = await db.read({ sql: `SELECT ${db.sql.epochMs(db.sql.now)} AS "now"`, params: [] })
  return Number(row!.now) // one row, always
}

/** One that a person makes. Its id. */
export async function insertSchedule(db: Database, schedule: NewSchedule): Promise<string> {
  const id = newId()
  await write(db, id, 'person', schedule)
  return id
}

/** One that comes with a manifest has its agent's id: of two that come at once one is kept, with the words of the later. */
export async function putManifestSchedule(db: Database, schedule: NewSchedule): Promise<void> {
  await write(db, schedule.agentId, 'manifest', schedule)
}

async function write(db: Database, id: string, source: string, { actor, agentId, ...words }: NewSchedule): Promise<void> {
  const { now, instant } = db.sql
  const nextMs = nextTick(words, await clockMs(db))
  await db.batch([{
    sql: `INSERT INTO schedules ("id", "organisationId", "agentId", "source", "cron", "everyMs", "onceAt", "timezone", "overlap", "catchUp", "catchUpWindowMs",
        "task", "inputs", "nextTickAt", "createdById", "createdAt", "updatedAt")
      VALUES ($1, $2, $3, $4, $5, $6, ${instant('$7')}, $8, $9, $10, $11, $12, $13, ${instant('$14')}, $15, ${now}, ${now})
      ON CONFLICT ("id") DO UPDATE SET "cron" = excluded."cron", "everyMs" = excluded."everyMs", "onceAt" = excluded."onceAt", "timezone" = excluded."timezone",
        "overlap" = excluded."overlap", "catchUp" = excluded."catchUp", "catchUpWindowMs" = excluded."catchUpWindowMs", "task" = excluded."task", "inputs" = excluded."inputs",
        "nextTickAt" = CASE WHEN schedules."pausedAt" IS NULL THEN excluded."nextTickAt" END, "updatedAt" = excluded."updatedAt"`,
    params: [id, actor.organisationId, agentId, source, ...valuesOf(words), nextMs, actor.userId],
  }])
}

/** Says a schedule anew; when it comes stays as it was unless that is said anew too. */
export async function updateSchedule(db: Database, schedule: ScheduleRow, words: ScheduleWords): Promise<void> {
  const { now, instant } = db.sql
  const isRetimed = !isSameTiming(schedule, words)
  const nextMs = isRetimed ? nextTick(words, await clockMs(db)) : null
  await db.batch([{
    sql: `UPDATE schedules SET "cron" = $1, "everyMs" = $2, "onceAt" = ${instant('$3')}, "timezone" = $4, "overlap" = $5, "catchUp" = $6, "catchUpWindowMs" = $7, "task" = $8, "inputs" = $9,
        ${isRetimed ? `"nextTickAt" = CASE WHEN "pausedAt" IS NULL THEN ${instant('$11')} END, ` : ''}"updatedAt" = ${now} WHERE "id" = $10`,
    params: [...valuesOf(words), schedule.id, ...isRetimed ? [nextMs] : []],
  }])
}

export function isSameTiming(a: Timing, b: Timing): boolean {
  return a.cron === b.cron && a.everyMs === b.everyMs && a.onceAtMs === b.onceAtMs && a.timezone === b.timezone
}

function valuesOf({ cron, everyMs, onceAtMs, timezone, overlap, catchUp, catchUpWindowMs, task, inputs }: ScheduleWords): Param[] {
  return [cron, everyMs, onceAtMs, timezone, overlap, catchUp, catchUpWindowMs, storable(task), JSON.stringify(inputs)]
}

/** No tick comes until it is resumed; what waits for its turn is left out. */
export async function pauseSchedule(db: Database, id: string): Promise<void> {
  const { now } = db.sql
  await db.batch([
    { sql: `UPDATE schedules SET "pausedAt" = ${now}, "nextTickAt" = NULL, "updatedAt" = ${now} WHERE "id" = $1 AND "pausedAt" IS NULL`, params: [id] },
    { sql: `UPDATE schedule_ticks SET "outcome" = 'skipped', "detail" = 'Its schedule was paused while it waited.' WHERE "scheduleId" = $1 AND "outcome" = 'waiting'`, params: [id] },
  ])
}

/** Goes on with the first tick after now: nothing of the pause is caught up. */
export async function resumeSchedule(db: Database, schedule: ScheduleRow): Promise<void> {
  const { now, instant } = db.sql
  await db.batch([{
    sql: `UPDATE schedules SET "pausedAt" = NULL, "nextTickAt" = ${instant('$2')}, "updatedAt" = ${now} WHERE "id" = $1 AND "pausedAt" IS NOT NULL`,
    params: [schedule.id, nextTick(schedule, await clockMs(db))],
  }])
}

/** With its history; its runs stay. False when there was none. */
export async function removeSchedule(db: Database, id: string): Promise<boolean> {
  const [rows] = await db.batch([{ sql: 'DELETE FROM schedules WHERE "id" = $1 RETURNING "id"', params: [id] }])
  return rows!.length > 0
}
