import type { Database } from '../store/database.ts'
import type { Blobs } from './blobs.ts'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { unusedHashes } from '../store/blobs.ts'
import { areBlobsHeld } from '../store/hold-blobs.sqlite.ts'
import { sweep } from './sweep.ts'

const BATCH = 500

/** Files that we alone may read, the same bytes once. One process has them: turns keep what is being named from being removed. */
export function createBlobFiles({ path, db }: { path: string, db: Database }): Blobs {
  let last: Promise<unknown> = Promise.resolve()
  /** Found unused while a backup was reading them. */
  const later = new Set<string>()
  const fileOf = (sha256: string): string => join(path, sha256.slice(0, 2), sha256)

  return {
    start: () => sweep({ path, removeUnused }),

    async keep(drafts, refer) {
      await inTurn(async () => {
        await moveAll(drafts.map(draft => [draft.path, fileOf(draft.sha256)]))
        await refer()
      }).catch(async (error: unknown) => {
        await removeUnused(drafts.map(draft => draft.sha256)).catch(() => {}) // swept at the next start
        throw error
      })
    },

    async find(sha256) {
      const file = fileOf(sha256)
      const found = await stat(file).catch(() => null)
      return found && { sizeBytes: found.size, stream: (range = {} as { start: number, end: number }) => createReadStream(file, range) }
    },

    removeUnused,
  }

  async function removeUnused(asked: string[]): Promise<void> {
    const sha256s = [...new Set([...later, ...asked])]
    later.clear()
    for (let at = 0; at < sha256s.length; at += BATCH) {
      await inTurn(async () => {
        const unused = await unusedHashes(db, sha256s.slice(at, at + BATCH))
        // Asked last: whoever begins to copy after this begins with a database that does not name them any more.
        if (unused.length > 0 && areBlobsHeld(path))
          return unused.forEach(sha256 => later.add(sha256))
        await Promise.all(unused.map(sha256 => rm(fileOf(sha256), { force: true })))
      })
    }
  }

  /** A file that somebody is about to refer to must not be found unused meanwhile. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}

/** One that is there already has the same bytes, and is replaced by them. Each folder is synced once. */
async function moveAll(moves: [from: string, to: string][]): Promise<void> {
  const folders = new Set(moves.map(([, to]) => dirname(to)))
  await Promise.all([...folders].map(folder => mkdir(folder, { recursive: true, mode: 0o700 })))
  await Promise.all(moves.map(([from, to]) => rename(from, to)))
  await Promise.all([...folders].map(sync))
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  }
  finally {
    await handle.close()
  }
}
