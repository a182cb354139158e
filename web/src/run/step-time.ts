import { formatDuration } from '../format/duration.ts'

/** How long a step took; what is below a tenth of a second is said in milliseconds. */
export function formatStepTime(ms: number): string {
  return ms > 0 && ms < 95 ? `${Math.max(1, Math.round(ms))} ms` : formatDuration(ms)
}
