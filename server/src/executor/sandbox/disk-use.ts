import { execFile } from 'node:child_process'
import { findProgram } from './programs.ts'

const TIMEOUT_MS = 30_000

/**
 * What folders hold on the disk, in bytes; null where it could not be measured. By `du`, which walks from open folder to open
 * folder: what an agent swaps for a link meanwhile leads it nowhere. At the lowest priority.
 */
export function measureDisk(folders: string[]): Promise<number | null> {
  const du = findProgram('du')
  const nice = findProgram('nice')
  if (!du)
    return Promise.resolve(null)
  const argv = [...(nice ? [nice, '-n', '19'] : []), du, '-skx', '--', ...folders]
  return new Promise((resolve) => {
    execFile(argv[0]!, argv.slice(1), { env: {}, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 }, (_, stdout) => {
      // It exits with 1 for what went away while it looked; the sums are there all the same.
      const sums = stdout.trim().split('\n').map(line => Number(line.split('\t')[0]))
      resolve(sums.length === folders.length && sums.every(Number.isFinite) ? sums.reduce((sum, kib) => sum + kib, 0) * 1024 : null)
    })
  })
}
