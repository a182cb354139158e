import type { ScheduleView } from '../domain/views/schedule.ts'
import type { Overview } from '../domain/views/system.ts'
import type { Database } from '../store/database.ts'
import type { ScheduleRow } from '../store/schedules.ts'
import { ticksFrom } from '../domain/schedule.ts'
import { lastTicks } from '../store/schedule-ticks.ts'
import { nextSchedules } from '../store/schedules.ts'

const PREVIEW = 5
const HISTORY = 20

export async function toScheduleViews(db: Database, rows: ScheduleRow[]): Promise<ScheduleView[]> {
  const ticks = await lastTicks(db, rows.map(row => row.id), HISTORY)
  return rows.map((row): ScheduleView => ({
    id: row.id,
    agentId: row.agentId,
    agentName: row.agentName,
    source: row.source,
    cron: row.cron,
    everyMs: row.everyMs,
    onceAt: isoOrNull(row.onceAtMs),
    timezone: row.timezone,
    overlap: row.overlap,
    catchUp: row.catchUp,
    catchUpWindowMs: row.catchUpWindowMs,
    task: row.task,
    inputs: row.inputs,
    pausedAt: isoOrNull(row.pausedAtMs),
    nextTickAt: isoOrNull(row.nextTickMs),
    preview: ticksFrom(row, row.nextTickMs, PREVIEW).map(iso),
    createdBy: row.createdBy,
    createdAt: iso(row.createdAtMs),
    ticks: ticks.get(row.id) ?? [],
  }))
}

/** The next that come, of all schedules of the organisation. */
export async function nextTicks(db: Database, organisationId: string): Promise<Overview['nextTicks']> {
  const rows = await nextSchedules(db, organisationId, PREVIEW)
  return rows.flatMap(row => ticksFrom(row, row.nextTickMs, PREVIEW).map(atMs => ({ row, atMs })))
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, PREVIEW)
    .map(({ row, atMs }) => ({ scheduleId: row.id, agentName: row.agentName, at: iso(atMs), timezone: row.timezone }))
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
