/** Durations, sizes and money as people write them. Each reader answers null when it cannot read the text. */

const DURATION_UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `5m`, `2h`, `1h30m`, `1.5h`. A bare number is refused, because nobody can tell its unit. */
export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/

export function parseDuration(text: string): number | null {
  if (!DURATION_PATTERN.test(text))
    return null
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    totalMs += Number(amount) * DURATION_UNITS_MS[unit as keyof typeof DURATION_UNITS_MS] // the pattern has no other unit
  return Number.isFinite(totalMs) ? Math.round(totalMs) : null
}

/** The shortest text that parseDuration reads back: 5400000 → `1h30m`. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(durationMs)
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const amount = Math.floor(restMs / DURATION_UNITS_MS[unit])
    restMs -= amount * DURATION_UNITS_MS[unit]
    text += amount > 0 ? `${amount}${unit}` : ''
  }
  return text || '0s'
}

const SIZE_UNITS_BYTES = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const

/** `512MiB`, `2GB`: KiB counts by 1024, KB by 1000. */
export const SIZE_PATTERN = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/

export function parseSize(text: string): number | null {
  const [, amount, unit] = SIZE_PATTERN.exec(text) ?? []
  if (unit === undefined)
    return null
  const bytes = Number(amount) * SIZE_UNITS_BYTES[unit as keyof typeof SIZE_UNITS_BYTES] // the pattern has no other unit
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : null
}

/** 1073741824 → `1GiB`; parseSize reads it back to within a hundredth of its unit. */
export function formatSize(sizeBytes: number): string {
  const unit = (['TiB', 'GiB', 'MiB', 'KiB'] as const).find(name => sizeBytes >= SIZE_UNITS_BYTES[name]) ?? 'B'
  return `${Number((sizeBytes / SIZE_UNITS_BYTES[unit]).toFixed(2))}${unit}`
}

/** `$1.50`; US dollars are the only money here. */
export const MONEY_PATTERN = /^\$\d+(?:\.\d+)?$/

export function parseMoney(text: string): number | null {
  return MONEY_PATTERN.test(text) ? Number(text.slice(1)) : null
}
