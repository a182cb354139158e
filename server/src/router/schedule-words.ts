import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Timing } from '../domain/schedule.ts'
import type { ScheduleRow, ScheduleWords } from '../store/schedules.ts'
import { z } from 'zod'
import { DEFAULT_SCHEDULE } from '../domain/manifest/defaults.ts'
import { resolveInputs } from '../domain/manifest/inputs.ts'
import { cronProblem, isTimezone, parseMoment } from '../domain/schedule-words.ts'
import { CATCH_UPS, OVERLAPS } from '../domain/schedule.ts'
import { badRequest } from './fault.ts'
import { inputs, task } from './inputs.ts'

const MINUTE_MS = 60_000
const YEAR_MS = 365 * 86_400_000

/** Exactly one of the first three. */
export const timing = z.object({
  cron: z.string().max(200).optional(),
  everyMs: z.int().min(MINUTE_MS, 'at least 60000 (a minute)').max(YEAR_MS, 'at most a year').optional(),
  /** `2026-12-24T18:00`, by the clocks of the zone unless it has an offset or a Z. */
  at: z.string().max(40).optional(),
  timezone: z.string().max(100).optional(),
})

export const scheduleWords = timing.extend({
  overlap: z.enum(OVERLAPS).optional(),
  catchUp: z.enum(CATCH_UPS).optional(),
  catchUpWindowMs: z.int().min(MINUTE_MS).max(YEAR_MS).optional(),
  task: task.optional(),
  inputs: inputs.optional(),
})

export type GivenWords = z.infer<typeof scheduleWords>

export function readTiming({ cron, everyMs, at, timezone = 'UTC' }: z.infer<typeof timing>): Timing {
  if ([cron, everyMs, at].filter(given => given !== undefined).length !== 1)
    throw badRequest('expected one of cron, everyMs and at')
  if (!isTimezone(timezone))
    throw badRequest(`timezone: expected a time zone such as Europe/Berlin, got ${JSON.stringify(timezone)}`)
  const problem = cron === undefined ? null : cronProblem(cron)
  if (problem)
    throw badRequest(`cron: expected five fields such as "0 9 * * 1-5", or six with the second first (${problem}), got ${JSON.stringify(cron)}`)
  const onceAtMs = at === undefined ? null : parseMoment(at, timezone)
  if (at !== undefined && onceAtMs === null)
    throw badRequest(`at: expected a moment such as 2026-12-24T18:00, got ${JSON.stringify(at)}`)
  return { cron: cron ?? null, everyMs: everyMs ?? null, onceAtMs, timezone }
}

/** What is left out is as it was, or as a manifest that says nothing has it. */
export function readWords(given: GivenWords, before: ScheduleRow | null): ScheduleWords {
  const { overlap, catchUp, catchUpWindowMs } = before ?? DEFAULT_SCHEDULE
  return {
    ...timingOf(given, before),
    overlap: given.overlap ?? overlap,
    catchUp: given.catchUp ?? catchUp,
    catchUpWindowMs: given.catchUpWindowMs ?? catchUpWindowMs,
    task: given.task ?? before?.task ?? '',
    inputs: given.inputs ?? before?.inputs ?? {},
  }
}

function timingOf(given: GivenWords, before: ScheduleRow | null): Timing {
  const isTimed = given.cron !== undefined || given.everyMs !== undefined || given.at !== undefined
  if (before === null || isTimed)
    return readTiming({ ...given, timezone: given.timezone ?? before?.timezone })
  const { cron, everyMs, onceAtMs, timezone } = before
  if (given.timezone === undefined)
    return { cron, everyMs, onceAtMs, timezone }
  if (!isTimezone(given.timezone))
    throw badRequest(`timezone: expected a time zone such as Europe/Berlin, got ${JSON.stringify(given.timezone)}`)
  return { cron, everyMs, onceAtMs, timezone: given.timezone }
}

/** A tick comes when nobody is there to mend them. */
export function checkInputs(manifest: Manifest, given: ScheduleWords['inputs']): void {
  const resolved = resolveInputs(manifest, given)
  if (!resolved.ok)
    throw badRequest(resolved.problems.join('; '))
}
