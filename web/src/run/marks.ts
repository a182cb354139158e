import type { MarkName } from '../components/marks.ts'
import type { Attempt, Step, StepStatus, ToolCall } from './timeline.ts'

const MARKS: Record<StepStatus, MarkName> = {
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  skipped: 'skipped',
  denied: 'cancelled',
  lost: 'lost',
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
  return attempt.reason === 'completed' ? 'succeeded' : attempt.reason === 'cancelled' ? 'cancelled' : 'failed'
}

/** What stands in colour beside the name: `exit 1`, `timeout`, `skipped`, and null when all is as it should be. */
export function oddity(what: Pick<Step | ToolCall, 'status' | 'end'>): string | null {
  const { status, end } = what
  if (status === 'running' || status === 'succeeded')
    return null
  if (end)
    return endWord(end)
  return status === 'failed' ? 'failed' : status
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
