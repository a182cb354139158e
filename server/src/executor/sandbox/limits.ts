import type { RunLimits } from '../../domain/views/run.ts'
import { release } from 'node:os'

/** Above what a run may have, where one too many shall be seen before the kernel refuses it. */
const MEMORY_SLACK = 1.25
const PROCESS_SLACK = 4

/**
 * The line of sh that puts rlimits on a session. A limit that is above what the server itself may have stays at that. Each
 * holds for one process, but the number of processes, which is counted in the user namespace. Data and not address space:
 * V8 does not start under a limit of the latter. What a control group keeps for all of them is left to that.
 */
export function limitLine(limits: RunLimits, o: { inOwnUserNamespace: boolean, groupKeeps: { memory: boolean, processes: boolean } }): string {
  return [
    'ulimit -c 0',
    ...(o.groupKeeps.memory ? [] : [`ulimit -d ${Math.ceil(limits.memoryBytes * MEMORY_SLACK / 1024)}`]),
    `ulimit -n ${limits.files}`,
    `ulimit -f ${Math.ceil(limits.diskBytes / 512)}`,
    ...(limits.cpuTimeMs === null ? [] : [`ulimit -t ${Math.ceil(limits.cpuTimeMs / 1000) + 1}`]),
    // Without a namespace, or before Linux 5.14, it would count every process of the uid, those of other runs too.
    // -p in dash and busybox; in bash that is something else, which cannot be set, and -u.
    ...(!o.groupKeeps.processes && o.inOwnUserNamespace && countsPerNamespace() ? [processLine(limits.processes + PROCESS_SLACK)] : []),
  ].map(command => `{ ${command};} 2>/dev/null;`).join('')
}

function processLine(processes: number): string {
  return `ulimit -p ${processes}||ulimit -u ${processes}`
}

export function countsPerNamespace(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 14)
}
