import type { Buffer } from 'node:buffer'
import type { Dirent } from 'node:fs'
import type { OpenFolder } from './open-folder.ts'
import { opendir } from 'node:fs/promises'

const FILES_AT_A_TIME = 8

export async function* entriesOf(folder: OpenFolder): AsyncGenerator<{ name: Buffer, entry: Dirent }> {
  // Names are bytes and need not be UTF-8. Node gives them as buffers here, which its typings do not know.
  const listing = await opendir(folder.path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })
  for await (const entry of listing)
    yield { name: entry.name as unknown as Buffer, entry } // see above
}

/** A few at a time. When one fails the others are waited for: they work in folders that are closed afterwards. */
export async function eachOf<T>(items: AsyncGenerator<T>, work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  const lane = async () => {
    try {
      for (let next = await items.next(); !next.done && failures.length === 0; next = await items.next())
        await work(next.value)
    }
    catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: FILES_AT_A_TIME }, lane))
  await items.return(undefined)
  if (failures.length > 0)
    throw failures[0]
}
