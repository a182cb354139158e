import type { Database } from '../store/database.ts'
import type { Blobs, Draft } from './blobs.ts'
import { Buffer } from 'node:buffer'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { addChunk, blobSize, CHUNK_BYTES, finishBlob, oldBlobs, readChunk, removeUnusedBlobs, touchBlob } from '../store/blobs.ts'

const BATCH = 200
const OLD_MS = 3_600_000
const TRIES = 5

/** Rows of the database, a piece at a time, so that every server can give what any worker has kept. */
export function createBlobRows({ db }: { db: Database }): Blobs {
  return {
    async start() {
      for (let old = await oldBlobs(db, OLD_MS, BATCH); old.length > 0; old = old.length < BATCH ? [] : await oldBlobs(db, OLD_MS, BATCH))
        await removeUnusedBlobs(db, old)
    },

    async keep(drafts, refer) {
      for (const draft of drafts)
        await upload(db, draft)
      try {
        await refer()
      }
      catch (error) {
        await removeUnused(drafts.map(draft => draft.sha256)).catch(() => {}) // swept at the next start
        throw error
      }
      for (const draft of drafts) // somebody may have found it unused before there was the row that names it
        await upload(db, draft)
    },

    async find(sha256) {
      const sizeBytes = await blobSize(db, sha256)
      if (sizeBytes === null)
        return null
      const all = { start: 0, end: sizeBytes - 1 }
      return { sizeBytes, stream: range => Readable.from(pieces(db, sha256, range ?? all), { objectMode: false }) }
    },

    removeUnused,
  }

  async function removeUnused(sha256s: string[]): Promise<void> {
    for (let at = 0; at < sha256s.length; at += BATCH)
      await removeUnusedBlobs(db, sha256s.slice(at, at + BATCH))
  }
}

async function upload(db: Database, { path, sha256, sizeBytes }: Draft): Promise<void> {
  if (await touchBlob(db, sha256))
    return
  const file = await open(path)
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      let part = 0
      for (let at = 0; at < sizeBytes || part === 0; at += CHUNK_BYTES) {
        const bytes = Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes - at))
        await file.read(bytes, 0, bytes.length, at)
        await addChunk(db, sha256, part++, bytes)
      }
      if (await finishBlob(db, sha256, sizeBytes, part))
        return
    }
  }
  finally {
    await file.close()
  }
  throw new Error(`what is to be kept was removed ${TRIES} times while it was stored`)
}

async function* pieces(db: Database, sha256: string, { start, end }: { start: number, end: number }): AsyncGenerator<Buffer> {
  for (let part = Math.floor(start / CHUNK_BYTES); part * CHUNK_BYTES <= end; part++) {
    const bytes = await readChunk(db, sha256, part)
    if (!bytes)
      throw new Error('it was removed while it was read')
    const at = part * CHUNK_BYTES
    yield bytes.subarray(Math.max(0, start - at), end + 1 - at)
  }
}
