import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface SweepOptions {
  path: string
  /** Another server may be at work in the folder: what is young is left alone. */
  isShared: boolean
  removeUnused: (sha256s: string[]) => Promise<void>
}

const OLD_MS = 3_600_000

/** Removes drafts that were never finished, and files that no row refers to. */
export async function sweep({ path, isShared, removeUnused }: SweepOptions): Promise<void> {
  for (const name of await readdir(path)) {
    if (/^[0-9a-f]{2}$/.test(name))
      await removeUnused(await oldOnes(join(path, name), isShared))
    else if (name.startsWith('draft-') && (!isShared || await isOld(join(path, name))))
      await rm(join(path, name), { force: true })
  }
}

async function oldOnes(folder: string, isShared: boolean): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => /^[0-9a-f]{64}$/.test(name))
  if (!isShared)
    return names
  const ages = await Promise.all(names.map(name => isOld(join(folder, name))))
  return names.filter((_, index) => ages[index])
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found !== null && Date.now() - found.mtimeMs > OLD_MS
}
