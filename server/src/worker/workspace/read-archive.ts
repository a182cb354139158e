import type { Header } from 'tar-stream'
import { Buffer } from 'node:buffer'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'

/** What is wrong with an archive, as what was expected instead. */
export class ArchiveProblem extends Error {}

export interface ArchiveBounds { maxBytes: number, maxEntries: number }

export interface ArchivedEntry {
  /** Relative, with no step up. */
  path: string
  kind: 'file' | 'folder'
  mode: number
  sizeBytes: number
  /** Has to be read to its end, or resumed, before the next one comes. */
  content: Readable
}

const MAX_PATH_BYTES = 1_500
const MAX_DEPTH = 100
const GZIP = Buffer.from([0x1F, 0x8B])
const ZIP = Buffer.from('PK')
/** Of an empty entry, with all that may stand before it. */
const HEADER_BYTES = 8 * 1024

/**
 * The files and folders of a tar, gzipped or not, which a stranger has made: no link, no device, no path that leads out, none twice, and
 * within bounds, counted after decompression. `take` is given one entry after another. Rejects with ArchiveProblem.
 */
export async function readArchive(source: Readable, { maxBytes, maxEntries }: ArchiveBounds, take: (entry: ArchivedEntry) => Promise<void>): Promise<void> {
  const archive = extract()
  const { head, all } = await begin(source)
  if (head.subarray(0, 2).equals(ZIP))
    throw new ArchiveProblem('expected a tar, gzipped or not, but this is a zip: tar czf folder.tgz -C folder .')
  const bounded = bound(maxBytes + maxEntries * HEADER_BYTES, maxBytes)
  const taken = takeAll()
  try {
    await Promise.all([head.equals(GZIP) ? pipeline(all, createGunzip(), bounded, archive) : pipeline(all, bounded, archive), taken])
  }
  catch (error) {
    const first = await taken.then(() => error, (own: unknown) => own instanceof ArchiveProblem ? own : error)
    throw first instanceof ArchiveProblem || (first as NodeJS.ErrnoException).syscall ? first : new ArchiveProblem(`expected a tar, gzipped or not: ${first instanceof Error ? first.message : String(first)}`)
  }

  async function takeAll(): Promise<void> {
    const known = new Map<string, 'file' | 'folder'>()
    let entries = 0
    let bytes = 0
    for await (const entry of archive) {
      const read = readEntry(entry.header)
      if (read === null) {
        entry.resume()
        continue
      }
      if (++entries > maxEntries)
        throw new ArchiveProblem(`expected at most ${maxEntries} files and folders`)
      bytes += read.sizeBytes
      if (bytes > maxBytes)
        throw tooLarge(maxBytes)
      remember(known, read)
      await take({ ...read, content: entry as unknown as Readable }) // streamx's streams read like Node's
      entry.resume()
    }
  }
}

/** Its first bytes say what it is. */
async function begin(source: Readable): Promise<{ head: Buffer, all: Readable }> {
  const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Buffer> // a stream of bytes
  let head = Buffer.alloc(0)
  while (head.length < 2) {
    const next = await pieces.next()
    if (next.done)
      throw new ArchiveProblem('expected a tar, gzipped or not, but nothing came')
    head = Buffer.concat([head, next.value])
  }
  return { head: head.subarray(0, 2), all: Readable.from(all(), { objectMode: false }) }

  async function* all(): AsyncGenerator<Buffer> {
    yield head
    for (let next = await pieces.next(); !next.done; next = await pieces.next())
      yield next.value
  }
}

function bound(most: number, maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done(bytes > most ? tooLarge(maxBytes) : null, chunk)
    },
  })
}

/** Null for the root itself. */
function readEntry({ type, name, mode = 0o644, size = 0 }: Header): Omit<ArchivedEntry, 'content'> | null {
  const shown = JSON.stringify(name.slice(0, 200))
  if (type !== 'file' && type !== 'directory' && type !== 'contiguous-file')
    throw new ArchiveProblem(`expected files and folders alone, but ${shown} is a ${type ?? 'stranger thing'}: leave it out, or put the file itself there (tar --dereference)`)
  const steps = name.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '').split('/')
  if (steps.length === 1 && (steps[0] === '.' || steps[0] === ''))
    return null
  if (steps.some(step => step === '' || step === '.' || step === '..' || step.includes('\0')))
    throw new ArchiveProblem(`expected paths below the folder, but ${shown} leads elsewhere`)
  if (steps.length > MAX_DEPTH || Buffer.byteLength(name) > MAX_PATH_BYTES)
    throw new ArchiveProblem(`expected paths of at most ${MAX_PATH_BYTES} bytes and ${MAX_DEPTH} folders, but ${shown} is longer`)
  const kind = type === 'directory' ? 'folder' : 'file'
  return { path: steps.join('/'), kind, mode: kind === 'folder' || (mode & 0o111) !== 0 ? 0o755 : 0o644, sizeBytes: kind === 'folder' ? 0 : size }
}

/** A file has one place, and what stands above it is a folder. */
function remember(known: Map<string, 'file' | 'folder'>, { path, kind }: Pick<ArchivedEntry, 'path' | 'kind'>): void {
  const steps = path.split('/')
  for (let depth = 1; depth < steps.length; depth++) {
    const above = steps.slice(0, depth).join('/')
    if (known.get(above) === 'file')
      throw new ArchiveProblem(`expected a folder above ${JSON.stringify(path.slice(0, 200))}, but ${JSON.stringify(above.slice(0, 200))} is a file`)
    known.set(above, 'folder')
  }
  if (known.has(path) && !(kind === 'folder' && known.get(path) === 'folder'))
    throw new ArchiveProblem(`expected each path once, but ${JSON.stringify(path.slice(0, 200))} comes twice`)
  known.set(path, kind)
}

function tooLarge(maxBytes: number): ArchiveProblem {
  return new ArchiveProblem(`expected at most ${Math.round(maxBytes / 1024 / 1024)} MiB of files`)
}
