import type { LimitName } from '../../domain/limits.ts'
import { usdInWords } from '../../domain/budget-words.ts'
import { LIMIT_WORDS } from '../../domain/limit-words.ts'
import { LIMITS } from '../../domain/limits.ts'
import { formatMs } from './time.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `612 MiB`, `1.1 GiB`, `0 B`: three figures at most. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++)
    value /= 1024
  return `${unit > 0 && value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[unit]}`
}

const FORMATS = { ms: formatMs, bytes: formatBytes, usd: usdInWords, count: rounded, tokens: rounded }

function rounded(value: number): string {
  return String(Math.round(value))
}

/** `memory: 410 MiB of 512 MiB`, `CPU time: 48 s of 1:00`, `processes: 52 of 64`. */
export function formatLimit({ limit, used, allowed }: { limit: LimitName, used: number, allowed: number }): string {
  const { unit } = LIMITS[limit]
  const format = FORMATS[unit]
  return `${LIMIT_WORDS[limit]}: ${format(used)} of ${format(allowed)}`
}
