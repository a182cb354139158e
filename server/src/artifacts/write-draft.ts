import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** Writes a new file that only we can read and syncs it; what is beyond `maxBytes` is left out. A slow disk slows the source. */
export async function writeDraft(path: string, source: Readable, maxBytes: number): Promise<{ sha256: string, sizeBytes: number, isCut: boolean }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  let isCut = false
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) { // a stream of bytes
      const part = chunk.subarray(0, maxBytes - sizeBytes)
      hash.update(part)
      await file.appendFile(part)
      sizeBytes += part.length
      isCut = part.length < chunk.length
      if (isCut)
        break // which destroys the source
    }
    await file.sync()
  }
  finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), sizeBytes, isCut }
}
