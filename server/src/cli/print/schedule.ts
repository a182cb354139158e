import type { Schedule } from '@agentos/client'
import { formatDuration } from '../../domain/manifest/units.ts'
import { pc } from './colour.ts'
import { shortId } from './id.ts'
import { oneLine } from './plain.ts'

export function formatSchedules(schedules: Schedule[]): string {
  const head = pc.dim(`${'SCHEDULE'.padEnd(10)} ${'AGENT'.padEnd(20)} ${'WHEN'.padEnd(28)} ${'NEXT'.padEnd(38)} LAST\n`)
  return head + schedules.map(one => `${[
    shortId(one.id),
    oneLine(one.agentName, 20).padEnd(20),
    oneLine(formatWhen(one), 28).padEnd(28),
    formatNext(one),
    formatLast(one),
  ].join(' ').trimEnd()}\n`).join('')
}

/** `0 9 * * 1-5 (Europe/Berlin)`, `every 30m`, `once, 2026-12-24 18:00 (Europe/Berlin)`. */
export function formatWhen({ cron, everyMs, onceAt, timezone }: Schedule): string {
  if (cron !== null)
    return oneLine(`${cron} (${timezone})`, 200)
  return everyMs === null ? `once, ${onceAt === null ? 'never' : formatMoment(onceAt, timezone)}` : `every ${formatDuration(everyMs)}`
}

/** By the clocks of its own zone: `2026-12-24 18:00 Europe/Berlin`, with seconds where it has some. */
export function formatMoment(at: string, timezone: string): string {
  const [date, time = ''] = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: timezone }).format(new Date(at)).split(' ')
  return `${date} ${time.replace(/:00$/, '')} ${oneLine(timezone, 30)}`
}

function formatNext({ pausedAt, nextTickAt, timezone }: Schedule): string {
  const text = pausedAt !== null ? 'paused' : nextTickAt === null ? '—' : formatMoment(nextTickAt, timezone)
  return pausedAt === null ? text.padEnd(38) : pc.yellow(text.padEnd(38))
}

function formatLast({ ticks: [last] }: Schedule): string {
  if (!last)
    return ''
  const text = last.outcome === 'submitted' ? last.runStatus ?? 'submitted' : `${last.outcome}: ${last.detail ?? ''}`
  return oneLine(text, 80)
}
