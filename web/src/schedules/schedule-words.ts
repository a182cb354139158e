import type { ScheduleView, TickView } from '@agentos/server/domain/views/schedule'
import type { MarkName } from '../components/marks.ts'
import { formatWords } from '../format/duration.ts'
import { STATUS_WORDS } from '../format/run.ts'
import { cronWords } from './cron-words.ts'
import { formatInZone } from './zone-time.ts'

type Spec = Pick<ScheduleView, 'cron' | 'everyMs' | 'onceAt' | 'timezone'>

/** When it comes, in words: `weekdays at 09:00`, `every 30 m`, `once, Thu 24 Dec, 18:00`. */
export function specWords(spec: Spec, nowMs: number): string {
  if (spec.cron !== null)
    return cronWords(spec.cron) ?? `cron ${spec.cron}`
  if (spec.everyMs !== null)
    return `every ${formatWords(spec.everyMs)}`
  return spec.onceAt === null ? 'never' : `once, ${formatInZone(spec.onceAt, spec.timezone, nowMs)}`
}

/** The same as it is written, and whose clocks count. */
export function specSource({ cron, everyMs, timezone }: Spec): string {
  if (everyMs !== null)
    return 'from the last start'
  return cron !== null && cronWords(cron) !== null ? `${cron} ${timezone}` : timezone
}

export const OVERLAP_WORDS: Record<ScheduleView['overlap'], { label: string, means: string }> = {
  skip: { label: 'Skip', means: 'While its last run has not ended, a tick is left out.' },
  queue: { label: 'Queue', means: 'A tick makes a run also while the last one goes on.' },
  replace: { label: 'Replace', means: 'A run that goes on is stopped, and a new one is started.' },
}

export const CATCH_UP_WORDS: Record<ScheduleView['catchUp'], { label: string, means: string }> = {
  none: { label: 'None', means: 'What was missed while no server was up is left out.' },
  last: { label: 'The last', means: 'Of the ticks that were missed, the last one makes a run.' },
  all: { label: 'All', means: 'Each tick that was missed makes a run, one after another.' },
}

const OTHER_TICKS = {
  waiting: { mark: 'queued', word: 'Waits for the run before it' },
  skipped: { mark: 'skipped', word: 'Left out' },
  refused: { mark: 'failed', word: 'Refused' },
} as const satisfies Record<Exclude<TickView['outcome'], 'submitted'>, { mark: MarkName, word: string }>

/** How a tick is shown: as its run, while that is kept. */
export function tickMark({ outcome, runStatus }: TickView): MarkName {
  if (outcome === 'submitted')
    return runStatus ?? 'scheduled'
  return OTHER_TICKS[outcome].mark
}

export function tickWords({ outcome, runStatus, detail }: TickView): string {
  const word = outcome !== 'submitted' ? OTHER_TICKS[outcome].word : runStatus ? STATUS_WORDS[runStatus] : 'Made a run that is gone by now'
  return detail ? `${word}: ${detail.replace(/\.$/, '')}` : word
}
