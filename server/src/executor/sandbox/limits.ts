import type { RunLimits } from '../../domain/views.ts'
import { release } from 'node:os'
import { findProgram } from './programs.ts'

/**
 * The command line that puts rlimits on what follows it; empty where `prlimit` is missing. Each holds for one process, but
 * the number of processes, which is counted in the user namespace. --data and not --as: V8 does not start under the latter.
 */
export function limitCommand(limits: RunLimits, inOwnUserNamespace: boolean): string[] {
  const prlimit = findProgram('prlimit')
  if (!prlimit)
    return []
  return [
    prlimit,
    '--core=0',
    `--data=${limits.memoryBytes}`,
    `--nofile=${limits.files}`,
    `--fsize=${limits.diskBytes}`,
    ...(limits.cpuTimeMs === null ? [] : [`--cpu=${Math.max(1, Math.ceil(limits.cpuTimeMs / 1000))}`]),
    // Without a namespace, or before Linux 5.14, it would count every process of the uid, those of other runs too.
    ...(inOwnUserNamespace && countsPerNamespace() ? [`--nproc=${limits.processes}`] : []),
    '--',
  ]
}

function countsPerNamespace(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 14)
}
