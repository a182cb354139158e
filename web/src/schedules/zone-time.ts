/** `Thu 26 Nov, 09:00`: wall-clock time of a schedule's own zone; the year when it is not this one, seconds when there are any. */
export function formatInZone(at: string, timezone: string, nowMs: number): string {
  const date = new Date(at)
  const zone = knownZone(timezone)
  const year = (of: Date): string => of.toLocaleDateString('en-GB', { timeZone: zone, year: 'numeric' })
  const day = date.toLocaleDateString('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...year(date) !== year(new Date(nowMs)) && { year: 'numeric' },
  }).replace(/^(\w+),/, '$1')
  return `${day}, ${timeInZone(date, zone)}`
}

/** `09:00`, `09:00:20`. */
export function formatTimeInZone(at: string, timezone: string): string {
  return timeInZone(new Date(at), knownZone(timezone))
}

/** How far it is from UTC then: `UTC+1`, `UTC−5:30`, `UTC`. */
export function offsetOf(at: string, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: knownZone(timezone), timeZoneName: 'shortOffset' }).formatToParts(new Date(at))
  return (parts.find(part => part.type === 'timeZoneName')?.value ?? 'UTC').replace(/[+-]0$/, '').replace('GMT', 'UTC').replace('-', '−')
}

/** This browser's zone, for a new schedule. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

function timeInZone(date: Date, timeZone: string): string {
  const hasSeconds = date.getTime() % 60_000 !== 0
  return date.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', ...hasSeconds && { second: '2-digit' } })
}

/** The server's list of zones may be newer than this browser's. */
function knownZone(timezone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone
  }
  catch {
    return 'UTC'
  }
}
