import { accessSync, constants } from 'node:fs'

/** Where programs are looked for, outside and inside of a sandbox: our own list, not an environment's. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const found = new Map<string, string | null>()

/** The absolute path of a system program, or null. */
export function findProgram(name: string): string | null {
  const known = found.get(name)
  if (known !== undefined)
    return known
  const path = SYSTEM_PATH.split(':').map(folder => `${folder}/${name}`).find(isExecutable) ?? null
  found.set(name, path)
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  }
  catch {
    return false
  }
}
