import type { Pack } from 'tar-stream'
import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { expect, it } from 'vitest'
import { ArchiveProblem, readArchive } from './read-archive.ts'

const BOUNDS = { maxBytes: 100_000, maxEntries: 10 }

async function tar(fill: (archive: Pack) => void): Promise<Buffer> {
  const archive = pack()
  fill(archive)
  archive.finalize()
  return buffer(archive)
}

/** Its bytes come in pieces of this size. */
async function read(bytes: Buffer, size = 64 * 1024): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
  await readArchive(Readable.from(pieces), BOUNDS, async ({ path, kind, content }) => {
    found[path] = kind === 'folder' ? '/' : String(await buffer(content))
  })
  return found
}

it('is the same however its bytes come, gzipped or not', async () => {
  const plain = await tar((archive) => {
    archive.entry({ name: './', type: 'directory' })
    archive.entry({ name: './a/b.txt' }, 'one')
    archive.entry({ name: 'a/', type: 'directory' })
    archive.entry({ name: 'a/c' }, '')
  })
  for (const bytes of [plain, gzipSync(plain)]) {
    for (const size of [1, 7, 512, 100_000])
      expect(await read(bytes, size)).toEqual({ 'a/b.txt': 'one', 'a': '/', 'a/c': '' })
  }
})

it('is bounded by what it holds, however small it was packed, and by its entries', async () => {
  const most = await tar(archive => archive.entry({ name: 'a' }, 'x'.repeat(100_000)))
  expect(Object.keys(await read(most))).toEqual(['a'])
  const bombs = [
    await tar(archive => archive.entry({ name: 'a' }, Buffer.alloc(100_001))),
    gzipSync(await tar(archive => archive.entry({ name: 'a' }, Buffer.alloc(3_000_000)))),
    gzipSync(gzipSync(Buffer.alloc(3_000_000))),
    gzipSync(Buffer.concat([await tar(archive => archive.entry({ name: 'a' }, 'x')), Buffer.alloc(3_000_000)])),
    await tar(archive => Array.from({ length: 11 }, (_, at) => archive.entry({ name: `f${at}` }, ''))),
    await tar(archive => archive.entry({ name: 'a', pax: { comment: 'x'.repeat(3_000_000) } }, 'x')),
  ]
  for (const bomb of bombs)
    await expect(read(bomb)).rejects.toBeInstanceOf(ArchiveProblem)
})

it('a size that is claimed and never comes is half an archive', async () => {
  const whole = await tar(archive => archive.entry({ name: 'a' }, 'x'.repeat(5000)))
  await expect(read(whole.subarray(0, 3000))).rejects.toThrow(/expected a tar, gzipped or not/)
})
