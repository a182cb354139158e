import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface SweepOptions {
  path: string
  removeUnused: (sha256s: string[]) => Promise<void>
}

/** Removes files that no row refers to. One process has the folder. */
export async function sweep({ path, removeUnused }: SweepOptions): Promise<void> {
  for (const name of await readdir(path)) {
    if (/^[0-9a-f]{2}$/.test(name))
      await removeUnused((await readdir(join(path, name))).filter(file => /^[0-9a-f]{64}$/.test(file)))
  }
}

const OLD_MS = 3_600_000

/** Drafts that were never finished go. Where the folder is shared, another process may be at work in it: what is young is left alone. */
export async function removeDrafts(path: string, isShared: boolean): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  for (const name of await readdir(path)) {
    if (name.startsWith('draft-') && (!isShared || await isOld(join(path, name))))
      await rm(join(path, name), { force: true })
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found !== null && Date.now() - found.mtimeMs > OLD_MS
}
