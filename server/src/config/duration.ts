const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** What a timer of Node can hold. */
const LONGEST_MS = 2 ** 31 - 1

/** Reads `90s`, `5m`, `2h`, `1d`, `250ms` or plain seconds; null when it is none of them or longer than 24 days. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|[smhd])?$/.exec(text.trim())
  if (!match)
    return null
  const durationMs = Math.round(Number(match[1]) * UNITS_MS[match[2] ?? 's']!)
  return durationMs <= LONGEST_MS ? durationMs : null
}
