import type { Manifest } from '../domain/manifest/manifest.ts'

/** How long to wait after attempt number `attempt` (from 1) has failed: exponential, bounded, and spread so that many do not come back at once. */
export function retryDelayMs({ delayMs, maxDelayMs, factor, jitter }: Manifest['retry'], attempt: number, random: () => number = Math.random): number {
  const boundMs = Math.min(maxDelayMs, delayMs * factor ** (attempt - 1))
  return Math.round(jitter ? boundMs * (0.5 + random() / 2) : boundMs)
}
