import type { MarkName } from '../components/marks.ts'
import type { Attempt, Effect, Step, StepStatus, ToolCall } from './timeline.ts'

const MARKS: Record<StepStatus, MarkName> = {
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  skipped: 'skipped',
  denied: 'cancelled',
  lost: 'lost',
  unknown: 'unknown',
  stopped: 'cancelled',
}

export function markOf(status: StepStatus): MarkName {
  return MARKS[status]
}

export function attemptMark(attempt: Attempt): MarkName {
  if (attempt.state === 'running')
    return 'running'
  if (attempt.state === 'lost')
    return 'lost'
  if (attempt.state === 'parked')
    return 'waiting'
  return attempt.reason === 'completed' ? 'succeeded' : attempt.reason === 'cancelled' ? 'cancelled' : 'failed'
}

/** What stands in colour beside the name: `exit 1`, `timeout`, `skipped`, and null when all is as it should be. */
export function oddity(what: Pick<Step | ToolCall, 'status' | 'end' | 'effect'>): string | null {
  const { status, end, effect } = what
  if (effect && status !== 'running' && (status === 'unknown' || !end))
    return effectWord(effect)
  if (status === 'running' || status === 'succeeded')
    return null
  if (end)
    return endWord(end)
  return status === 'failed' ? 'failed' : status
}

/** Of an effect whose outcome nobody knew: what was made of it. */
export function effectWord({ settled }: Effect): string {
  switch (settled?.as) {
    case undefined: return 'unknown'
    case 'done': return `done, says ${settled!.by}`
    case 'failed': return `failed, says ${settled!.by}`
    case 'repeat': return 'unknown, done again'
    case 'told': return 'unknown, told to the model'
    case 'interrupted': return 'unknown, ended the run'
  }
}

export function endWord(end: NonNullable<Step['end']>): string {
  switch (end.ended) {
    case 'exited': return end.exitCode === null ? end.signal ?? 'ended' : `exit ${end.exitCode}`
    case 'timeout': return 'timeout'
    case 'cancelled': return 'stopped'
    case 'killed': return end.signal ?? 'killed'
    case 'lost': return 'lost'
    case 'spawn_error': return 'not started'
  }
}
