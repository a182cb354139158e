import type { LimitKeepers } from '../../domain/limits.ts'
import type { IsolationLevel } from '../../domain/run.ts'
import type { CgroupTree } from './cgroup.ts'
import { UNKEPT } from '../../domain/limits.ts'
import { countsPerNamespace } from './limits.ts'
import { findProgram } from './programs.ts'

/** What keeps each limit at a level; `tree` is what the start-up probe has proved of it. */
export function keepersOf(level: IsolationLevel, tree: CgroupTree | null): LimitKeepers {
  const counted: LimitKeepers = { ...UNKEPT, time: ['counted'], steps: ['counted'], output: ['counted'], tokens: ['reserved'], cost: ['reserved'] }
  if (level === 'container')
    return { ...counted, memory: ['cgroup'], processes: ['cgroup'], cpu: ['cgroup'], files: ['rlimit'] }
  const isMeasured = process.platform === 'linux'
  const watched: LimitKeepers = isMeasured
    ? { ...counted, cpuTime: ['watched'], memory: ['watched'], processes: ['watched'], files: ['watched'], disk: findProgram('du') ? ['watched'] : ['none'] }
    : counted
  if (level === 'none')
    return watched
  const withRlimit = (keepers: LimitKeepers[keyof LimitKeepers]) => [...keepers.filter(keeper => keeper !== 'none'), 'rlimit' as const]
  return {
    ...watched,
    cpuTime: withRlimit(watched.cpuTime),
    files: withRlimit(watched.files),
    disk: withRlimit(watched.disk),
    memory: tree?.memory ? ['cgroup'] : withRlimit(watched.memory),
    // Without a user namespace it would count every process of the uid, those of other runs too.
    processes: tree?.processes ? ['cgroup'] : level === 'sandbox' && countsPerNamespace() ? withRlimit(watched.processes) : watched.processes,
    cpu: tree?.cpu ? ['cgroup'] : ['none'],
  }
}
