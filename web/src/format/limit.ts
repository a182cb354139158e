import type { LimitName } from '@agentos/server/domain/limits'
import { LIMIT_WORDS } from '@agentos/server/domain/limit-words'
import { LIMITS } from '@agentos/server/domain/limits'
import { formatBytes } from './bytes.ts'
import { formatDuration } from './duration.ts'
import { formatCount, formatNumber, formatUsd } from './number.ts'

/** `410 MiB of 512 MiB`, `48.0 s of 1:00`, `52 of 64`. */
export function formatOfLimit(limit: LimitName, used: number, allowed: number): string {
  return `${formatInUnit(limit, used)} of ${formatInUnit(limit, allowed)}`
}

/** `memory`, `CPU time`, `open files`. */
export function limitWord(limit: LimitName): string {
  return LIMIT_WORDS[limit]
}

function formatInUnit(limit: LimitName, value: number): string {
  switch (LIMITS[limit].unit) {
    case 'ms': return formatDuration(value)
    case 'bytes': return formatBytes(value)
    case 'usd': return formatUsd(value)
    case 'tokens': return formatCount(Math.round(value))
    case 'count': return formatNumber(Math.round(value))
  }
}
