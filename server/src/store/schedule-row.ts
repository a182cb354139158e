import type { CatchUp, Overlap, Timing } from '../domain/schedule.ts'
import type { Database } from './database.ts'
import type { Param } from './driver.ts'

/** A schedule as it is stored; moments are milliseconds since 1970. */
export interface ScheduleRow extends Timing {
  id: string
  organisationId: string
  organisationName: string
  agentId: string
  agentName: string
  agentVersion: number
  source: 'manifest' | 'person'
  overlap: Overlap
  catchUp: CatchUp
  catchUpWindowMs: number
  task: string
  inputs: Record<string, string | number | boolean>
  pausedAtMs: number | null
  nextTickMs: number | null
  createdById: string
  createdBy: string
  createdAtMs: number
}

/** The schedules that `tail` (WHERE, ORDER BY, LIMIT) selects of `schedules AS s`. */
export async function selectSchedules(db: Database, tail: string, params: Param[]): Promise<ScheduleRow[]> {
  const { epochMs } = db.sql
  const rows = await db.read({
    sql: `SELECT s."id", s."organisationId", o."name" AS "organisationName", s."agentId", a."name" AS "agentName", a."version" AS "agentVersion", s."source",
        s."cron", s."everyMs", ${epochMs('s."onceAt"')} AS "onceAtMs", s."timezone", s."overlap", s."catchUp", s."catchUpWindowMs", s."task", s."inputs",
        ${epochMs('s."pausedAt"')} AS "pausedAtMs", ${epochMs('s."nextTickAt"')} AS "nextTickMs", s."createdById", u."name" AS "createdBy", ${epochMs('s."createdAt"')} AS "createdAtMs"
      FROM schedules AS s JOIN agents AS a ON a."id" = s."agentId" JOIN organisations AS o ON o."id" = s."organisationId" JOIN users AS u ON u."id" = s."createdById" ${tail}`,
    params,
  })
  // The columns named above; PostgreSQL's driver gives large integers as text.
  return rows.map(row => ({
    ...row,
    everyMs: row.everyMs === null ? null : Number(row.everyMs),
    catchUpWindowMs: Number(row.catchUpWindowMs),
    inputs: JSON.parse(row.inputs as string) as ScheduleRow['inputs'],
  }) as unknown as ScheduleRow)
}
