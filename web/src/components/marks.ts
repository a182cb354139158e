/** The marks that a state can have, and the word that goes with each for who cannot see it. */
export const MARK_WORDS = {
  queued: 'Queued',
  scheduled: 'Scheduled',
  running: 'Running',
  waiting: 'Waiting',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
  unknown: 'Unknown effect',
  lost: 'Worker lost',
} as const

export type MarkName = keyof typeof MARK_WORDS
