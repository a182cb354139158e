import type { LimitKeepers } from '../../domain/limits.ts'
import type { IsolationLevel } from '../../domain/run.ts'
import { UNKEPT } from '../../domain/limits.ts'

/** What keeps each limit at a level. */
export function keepersOf(level: IsolationLevel): LimitKeepers {
  const counted: LimitKeepers = { ...UNKEPT, time: ['counted'], steps: ['counted'], output: ['counted'] }
  if (level !== 'process' && level !== 'sandbox')
    return counted
  return {
    ...counted,
    memory: ['rlimit'],
    files: ['rlimit'],
    cpuTime: ['rlimit'],
    // Without a user namespace it would count every process of the uid, those of other runs too.
    processes: level === 'sandbox' ? ['rlimit'] : ['none'],
  }
}
