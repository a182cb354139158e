import type { Readable } from 'node:stream'
import type { ArchivedFile } from './manifest.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { writeNew } from './write-new.ts'

export interface ArchiveWriter {
  /** In the order in which they are added, one after the other. */
  addFile: (name: string, sizeBytes: number, source: Readable) => Promise<void>
  addText: (name: string, text: string) => Promise<void>
  readonly files: ArchivedFile[]
}

/**
 * One gzipped tar, 0600, that has its name only once it is whole and on the disk; when `write` fails or the signal is aborted, nothing is
 * left. Resolves to its size.
 */
export async function writeArchive(file: string, write: (archive: ArchiveWriter) => Promise<void>, signal?: AbortSignal): Promise<number> {
  const draft = `${file}.part`
  const archive = pack()
  try {
    const filled = fill(archive, write, signal).catch((error: unknown) => {
      archive.destroy(error as Error) // ends the other side too
      throw error
    })
    // What is filled in waits for the disk: when that fails, its reason is the one to tell.
    await Promise.all([writeNew(draft, archive as AsyncIterable<Buffer>, createGzip({ level: 1 }), signal), filled])
    const { size } = await stat(draft)
    await rename(draft, file)
    await syncFolder(dirname(file))
    return size
  }
  catch (error) {
    archive.destroy()
    await rm(draft, { force: true })
    throw error
  }
}

async function fill(archive: ReturnType<typeof pack>, write: (archive: ArchiveWriter) => Promise<void>, signal?: AbortSignal): Promise<void> {
  const files: ArchivedFile[] = []
  await write({
    files,
    async addFile(name, sizeBytes, source) {
      signal?.throwIfAborted()
      const hash = createHash('sha256')
      const hashing = new Transform({ transform: (chunk: Buffer, _, done) => {
        hash.update(chunk)
        done(null, chunk)
      } })
      await pipeline(source, hashing, archive.entry({ name, size: sizeBytes, mode: 0o600 }), { signal })
      files.push({ name, sizeBytes, sha256: hash.digest('hex') })
    },
    async addText(name, text) {
      signal?.throwIfAborted()
      const bytes = Buffer.from(text)
      await new Promise<void>((resolve, reject) => archive.entry({ name, mode: 0o600 }, bytes, error => error ? reject(error) : resolve()))
      files.push({ name, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    },
  })
  archive.finalize()
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  }
  finally {
    await handle.close()
  }
}
