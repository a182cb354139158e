import type { Buffer } from 'node:buffer'
import type { Transform } from 'node:stream'
import { once } from 'node:events'
import { constants, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * A file that nobody but us may read, and that was not there before, with what comes through `through`; on the disk when this resolves. No
 * link is followed.
 */
export async function writeNew(path: string, source: AsyncIterable<Buffer>, through: Transform, signal?: AbortSignal): Promise<void> {
  const output = createWriteStream(path, { flags: NEW as unknown as string, mode: 0o600, flush: true }) // a number is taken, though not by the types
  const closed = once(output, 'close')
  closed.catch(() => {}) // the pipeline says it
  await pipeline(source, through, output, { ...signal && { signal } })
  await closed
}
