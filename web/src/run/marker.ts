import type { Marker } from './timeline.ts'
import { formatShortDuration, formatWords } from '../format/duration.ts'
import { plural } from '../format/number.ts'

/** What stands between two attempts, in words. `gap` is how long nothing of the run ran; empty while it is not over. */
export function markerSentence(marker: Marker, nowMs: number): { title: string, note: string, gap: string } {
  const gap = marker.resumedAt === null ? '' : formatShortDuration(marker.resumedAt - marker.fromAt)
  const counts = [`${plural(marker.stepsDone, 'step')} of attempt ${marker.attempt} had finished`]
  if (marker.stepsOpen > 0)
    counts.push(`${marker.stepsOpen} cut short`)
  return {
    title: titleOf(marker, gap, nowMs),
    note: [...(marker.detail ? [marker.detail.replace(/\.$/, '')] : []), ...counts].join(' · '),
    gap,
  }
}

function titleOf(marker: Marker, gap: string, nowMs: number): string {
  const what = marker.cause === 'lost' ? 'Worker lost' : 'Attempt failed'
  if (marker.resumedAt !== null)
    return marker.cause === 'lost' ? `${what}, started again after ${gap}` : `${what}, tried again after ${gap}`
  if (marker.availableAt !== null)
    return marker.availableAt > nowMs ? `${what}, again in ${formatWords(marker.availableAt - nowMs)}` : `${what}, waits for a worker`
  return what
}
