import type { RunLimits } from '../../domain/views.ts'
import { release } from 'node:os'

/**
 * The line of sh that puts rlimits on a session. A limit that is above what the server itself may have stays at that. Each
 * holds for one process, but the number of processes, which is counted in the user namespace. Data and not address space:
 * V8 does not start under a limit of the latter.
 */
export function limitLine(limits: RunLimits, inOwnUserNamespace: boolean): string {
  return [
    'ulimit -c 0',
    `ulimit -d ${Math.ceil(limits.memoryBytes / 1024)}`,
    `ulimit -n ${limits.files}`,
    `ulimit -f ${Math.ceil(limits.diskBytes / 512)}`,
    ...(limits.cpuTimeMs === null ? [] : [`ulimit -t ${Math.ceil(limits.cpuTimeMs / 1000)}`]),
    // Without a namespace, or before Linux 5.14, it would count every process of the uid, those of other runs too.
    // -p in dash and busybox; in bash that is something else, which cannot be set, and -u.
    ...(inOwnUserNamespace && countsPerNamespace() ? [`ulimit -p ${limits.processes}||ulimit -u ${limits.processes}`] : []),
  ].map(command => `{ ${command};} 2>/dev/null;`).join('')
}

function countsPerNamespace(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 14)
}
