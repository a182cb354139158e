import type { LimitKeepers } from '../domain/limits.ts'

/** One thing that `agentos doctor` or a start has looked at. */
export interface Check {
  name: string
  /** An error stops a start. */
  result: 'ok' | 'warning' | 'error'
  found: string
  /** What to do, when it is not ok. */
  mend?: string
  /** Of a level of isolation: what keeps each limit. */
  keepers?: LimitKeepers
}
