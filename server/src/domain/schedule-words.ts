import { Cron } from 'croner'

/** What people write of a schedule, held against what it has to be. */

/** What is wrong with five or six cron fields, in a few words, or null. Days that never come (30 February) are wrong too. */
export function cronProblem(expression: string): string | null {
  if (expression.length > 200)
    return 'it has more than 200 characters'
  // The library would read it as one moment.
  if (/^\s*\d{4}-/.test(expression))
    return 'that is one moment: say it with at'
  try {
    return openCron(expression, 'UTC').nextRun() === null ? 'it never comes' : null
  }
  catch (error) {
    return error instanceof Error ? error.message.replace(/^(?:CronPattern|Cron): /, '') : String(error)
  }
}

/** The fields in their zone; throws for those that `cronProblem` has words for. */
export function openCron(expression: string, timezone: string): Cron {
  return new Cron(expression, { mode: '5-or-6-parts', timezone, paused: true })
}

export function isTimezone(name: string): boolean {
  try {
    return name.length <= 100 && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  }
  catch {
    return false
  }
}

const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?$/

/**
 * `2026-12-24T18:00`, by the clocks of the zone, or with an offset or Z as it says itself. Milliseconds since 1970; null when it is none.
 * A wall-clock time that clocks jump over is an hour later; of one that comes twice it is the first.
 */
export function parseMoment(text: string, timezone: string): number | null {
  const [, date, time, offset] = MOMENT.exec(text.trim()) ?? []
  // The 31st of February is read as a day of March, and said again it is another day.
  const asUtc = Date.parse(`${date}T${time}Z`)
  if (date === undefined || Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(date))
    return null
  if (offset !== undefined) {
    const atMs = Date.parse(`${date}T${time}${offset}`)
    return Number.isNaN(atMs) ? null : atMs
  }
  return new Cron(`${date}T${time!.length === 5 ? `${time}:00` : time}`, { timezone, paused: true }).getOnce()?.getTime() ?? null
}
