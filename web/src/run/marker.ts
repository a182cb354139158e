import type { Marker, Resumed } from './timeline.ts'
import { formatShortDuration, formatWords } from '../format/duration.ts'
import { plural } from '../format/number.ts'

/** What stands between two attempts, in words. `gap` is how long nothing of the run ran; empty while it is not over. */
export function markerSentence(marker: Marker, nowMs: number): { title: string, note: string, gap: string } {
  const gap = marker.resumedAt === null ? '' : formatShortDuration(marker.resumedAt - marker.fromAt)
  const parts = marker.resumed ? resumedParts(marker.resumed) : endedParts(marker)
  const detail = marker.detail.replace(/\.$/, '')
  return { title: titleOf(marker, gap, nowMs), note: [...parts, ...(detail && !marker.resumed ? [detail] : [])].join(' · '), gap }
}

const ENDED = { lost: 'Worker lost', retry: 'Attempt failed', parked: 'Parked for a person', message: 'Waits for the next message' } as const

function titleOf({ cause, parked, resumed, resumedAt, availableAt }: Marker, gap: string, nowMs: number): string {
  const what = ENDED[cause]
  if (cause === 'message')
    return resumedAt === null ? what : `The next message came after ${gap}`
  if (resumed && resumedAt !== null)
    return `${cause === 'parked' ? 'A person has decided' : what}, resumed on attempt ${resumed.attempt} after ${gap}`
  if (resumedAt !== null)
    return `${cause === 'parked' ? 'A person has decided, went on' : cause === 'lost' ? `${what}, started again` : `${what}, tried again`} after ${gap}`
  if (parked)
    return cause === 'lost' ? `${what}, waits for a person` : what
  if (availableAt !== null)
    return availableAt > nowMs ? `${what}, again in ${formatWords(availableAt - nowMs)}` : `${what}, waits for a worker`
  return what
}

/** What was done is not done again: said by the attempt that goes on. */
function resumedParts({ kept, repeated, unknown, workspace, notice }: Resumed): string[] {
  return [
    `${plural(kept, 'step')} kept`,
    `${repeated} repeated`,
    `${unknown} unknown`,
    ...workspace === 'new' ? ['in a new workspace'] : [],
    ...notice ? [notice.replace(/\.$/, '')] : [],
  ]
}

function endedParts({ attempt, stepsDone, stepsOpen, cause }: Marker): string[] {
  if (cause === 'parked' || cause === 'message')
    return ['no process runs and no slot is held']
  return [`${plural(stepsDone, 'step')} of attempt ${attempt} had finished`, ...stepsOpen > 0 ? [`${stepsOpen} cut short`] : []]
}
