const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A clock that runs: `0:09`, `6:12`, `1:02:03`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const tail = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

/** How long something took, to a tenth of a second below a minute: `0.2 s`, `48.2 s`, `2:40`. */
export function formatDuration(ms: number): string {
  if (ms < 60 * SECOND - 50)
    return `${(Math.max(0, ms) / SECOND).toFixed(1)} s`
  return formatClock(Math.round(ms / SECOND) * SECOND)
}

/** The same for a dense table: `0.4 s`, `14 s`, `2:11`. */
export function formatShortDuration(ms: number): string {
  if (ms < SECOND - 50)
    return formatDuration(ms)
  const seconds = Math.round(ms / SECOND)
  return seconds < 60 ? `${seconds} s` : formatClock(seconds * SECOND)
}

/** A limit or a wait in words: `90 s` is `1 m 30 s`; the two largest units, at most. */
export function formatWords(ms: number): string {
  const units: [number, string][] = [[DAY, 'd'], [HOUR, 'h'], [MINUTE, 'm'], [SECOND, 's']]
  let rest = Math.max(0, Math.round(ms / SECOND) * SECOND)
  const parts: string[] = []
  for (const [size, letter] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0)
      parts.push(`${count} ${letter}`)
    else if (parts.length > 0)
      break
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

/** Milliseconds of `90s`, `5m`, `2h`, `1d`, `500ms`; null when it is not a duration. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|[smhd])\s*$/.exec(text)
  if (!match)
    return null
  const sizes: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY }
  return Math.round(Number(match[1]) * sizes[match[2]!]!)
}
