import type { NewEvent } from './event.ts'
import type { RunStatus } from './run.ts'

/** What a change of a run's standing has added to its log, told after it was stored to those who only watch. */
export interface RunMoved {
  runId: string
  /** The newest; 0 before the first claim. */
  attempt: number
  from: RunStatus
  /** The same as `from` when only its log has grown. */
  to: RunStatus
  events: NewEvent[]
}
