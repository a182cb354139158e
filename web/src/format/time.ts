const STEPS: [number, string][] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'm'], [1000, 's']]

/** How long ago, in one unit: `now`, `42 s`, `6 m`, `2 h`, `12 d`. */
export function formatAge(at: string, nowMs: number): string {
  const ageMs = nowMs - Date.parse(at)
  for (const [size, letter] of STEPS) {
    if (ageMs >= size)
      return `${Math.floor(ageMs / size)} ${letter}`
  }
  return 'now'
}

/** The same as part of a sentence: `6 m ago`, `just now`, `in 20 m`. */
export function formatAgo(at: string, nowMs: number): string {
  const aheadMs = Date.parse(at) - nowMs
  if (aheadMs >= 1000)
    return `in ${formatAge(new Date(nowMs).toISOString(), Date.parse(at))}`
  const age = formatAge(at, nowMs)
  return age === 'now' ? 'just now' : `${age} ago`
}

/** What is shown on hover: the person's own time zone, to the second. */
export function formatAbsolute(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

/** `14:02:31`. */
export function formatTimeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** `Monday 23 November, 15:10`. */
export function formatDay(nowMs: number): string {
  const now = new Date(nowMs)
  const day = now.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' })
  return `${day}, ${now.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`
}
