import type { NewEvent } from '../../domain/event.ts'
import type { LimitName } from '../../domain/limits.ts'
import type { RunLimits } from '../../domain/views/run.ts'
import type { RunControl, RunEnd } from './run-control.ts'
import { APPROACHED, LIMITS } from '../../domain/limits.ts'
import { newEvent } from './new-event.ts'

/** Says when a run comes near a limit, and ends it when it has reached one. */
export interface LimitWatch {
  /** So much is used up now: said once for each limit, when it is four fifths of what is allowed. */
  use(limit: LimitName, used: number): void
  /** The limit is reached: the run ends with its reason, unless it was to end before. */
  reach(limit: LimitName, used: number): RunEnd
  allowed(limit: LimitName): number | null
}

export function createLimitWatch(o: { limits: RunLimits, emit: (event: NewEvent) => void, control: RunControl }): LimitWatch {
  const approached = new Set<LimitName>()
  const reached = new Map<LimitName, RunEnd>()
  return { use, reach, allowed: limit => allowedOf(o.limits, limit) }

  function use(limit: LimitName, used: number): void {
    const allowed = allowedOf(o.limits, limit)
    if (allowed === null || approached.has(limit) || reached.has(limit) || used < allowed * APPROACHED)
      return
    approached.add(limit)
    o.emit(newEvent('limit.approached', { limit, used: Math.round(used), allowed }))
  }

  function reach(limit: LimitName, used: number): RunEnd {
    const allowed = allowedOf(o.limits, limit) ?? 0
    const known = reached.get(limit)
    if (known)
      return known
    const end = { reason: LIMITS[limit].reason, detail: DETAILS[limit](allowed), canPass: limit === 'time' }
    reached.set(limit, end)
    // What comes after the run's end is no reason any more.
    if (!o.control.stopped)
      o.emit(newEvent('limit.reached', { limit, used: Math.round(used), allowed }))
    o.control.stop(end)
    return end
  }
}

const DETAILS: Record<LimitName, (allowed: number) => string> = {
  time: allowed => `the run was over its time limit of ${allowed / 1000} s`,
  cpuTime: allowed => `its processes used more than ${allowed / 1000} s of CPU time`,
  steps: allowed => `the run may have ${allowed} steps`,
  memory: allowed => `its processes used more than ${inMiB(allowed)} of memory`,
  processes: allowed => `it started more than ${allowed} processes and threads at a time`,
  files: allowed => `a process of it opened ${allowed} files`,
  output: allowed => `its commands wrote more than ${allowed} bytes`,
  disk: allowed => `its workspace and home folder hold more than ${inMiB(allowed)}`,
  tokens: allowed => `its calls to models may have ${allowed} tokens`,
  cost: allowed => `its calls to models may cost $${allowed}`,
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

function allowedOf(limits: RunLimits, limit: LimitName): number | null {
  switch (limit) {
    case 'time':
      return limits.timeMs
    case 'cpuTime':
      return limits.cpuTimeMs
    case 'memory':
      return limits.memoryBytes
    case 'output':
      return limits.outputBytes
    case 'disk':
      return limits.diskBytes
    case 'cost':
      return limits.costUsd
    default:
      return limits[limit]
  }
}
