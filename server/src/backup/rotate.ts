import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** In the order of their names they are in the order of their times. */
const OURS = /^agentos-\d{8}T\d{6}Z\.tar\.gz$/
const LEFT_OVER = /^agentos-\d{8}T\d{6}Z\.tar\.gz\.part(?:\.db(?:-journal)?)?$/

export function backupFileName(at: Date): string {
  return `agentos-${at.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')}.tar.gz`
}

/** The newest stay, so many. Only what has a name that we give is looked at; what was put there by a person stays. */
export async function removeOldBackups(folder: string, keep: number): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => OURS.test(name)).sort()
  const old = names.slice(0, Math.max(0, names.length - keep))
  for (const name of old)
    await rm(join(folder, name), { force: true })
  return old
}

/** What a process that was killed has left of its backup. */
export async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (LEFT_OVER.test(name))
      await rm(join(folder, name), { force: true })
  }
}
