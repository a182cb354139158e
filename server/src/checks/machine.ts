import type { Check } from './check.ts'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'

export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > 24 || (major === 24 && minor >= 11)
  return isNew
    ? { name: 'node', result: 'ok', found: `v${version}` }
    : { name: 'node', result: 'error', found: `v${version}, which is too old`, mend: 'Node 24.11 or newer is needed; npm start brings one' }
}

/** Below it there is little room for what runs leave; below the other nothing can be written any more. */
const LITTLE_BYTES = 1024 ** 3
const NOTHING_BYTES = 1024 ** 2

/** The disk of a folder, or of the nearest one above that is there. */
export async function checkDisk(path: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(path)
    const freeBytes = bavail * bsize
    const found = `${freeBytes < LITTLE_BYTES ? `${(freeBytes / 1024 ** 2).toFixed(1)} MiB` : `${(freeBytes / 1024 ** 3).toFixed(1)} GiB`} free at ${path}`
    const mend = 'free some space: agentos prune deletes ended runs, AGENTOS_RETENTION_SIZE keeps what is stored within bounds'
    if (freeBytes < NOTHING_BYTES)
      return { name: 'disk', result: 'error', found, mend }
    return freeBytes < LITTLE_BYTES ? { name: 'disk', result: 'warning', found, mend } : { name: 'disk', result: 'ok', found }
  }
  catch (error) {
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path)
      return checkDisk(parent)
    return { name: 'disk', result: 'error', found: (error as Error).message, mend: 'set AGENTOS_DATA_DIR to a folder that this user may reach' }
  }
}
