import type { Readable } from 'node:stream'
import type { RunUser } from './place.ts'
import type { StartState } from './start-state.ts'
import { Buffer } from 'node:buffer'
import { constants, createReadStream } from 'node:fs'
import { chmod, lchown, lstat, lutimes, mkdir, open, readlink, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { pathIn, withFolder } from './open-folder.ts'
import { isUntouched, readStart, startEntry, writeStart } from './start-state.ts'
import { walkTree } from './walk-tree.ts'

/** What of a run's folder its next attempt needs, on whatever machine. The spool is of the attempt that is over. */
const PARTS = ['workspace', 'home']
const START = 'start'
const MAX_ENTRIES = 200_000

export interface PackOptions {
  /** The folder of the run. */
  folder: string
  maxBytes: number
  signal: AbortSignal
}

/**
 * The folder as one gzipped tar, never whole in memory. Names have one character a byte, so that any name comes back as it was. Links
 * stay links; sockets, devices and pipes are left out. Fails when it is larger than it may be: half a folder is none.
 */
export function packFolder({ folder, maxBytes, signal }: PackOptions): Readable {
  const archive = pack()
  const gzip = createGzip({ level: 1 })
  archive.on('error', error => gzip.destroy(error))
  void write().catch((error: unknown) => archive.destroy(error as Error))
  return archive.pipe(gzip)

  async function write(): Promise<void> {
    const start = await readStart(join(folder, START))
    let bytes = 0
    if (start) {
      const { size } = await stat(join(folder, START))
      await pipeline(createReadStream(join(folder, START)), archive.entry({ name: START, size }))
    }
    for (const part of PARTS) {
      let last: Promise<unknown> = Promise.resolve()
      const walked = await walkTree(join(folder, part), { maxEntries: MAX_ENTRIES, signal }, ({ path, kind, stats, parent, name }) => {
        const added = last.then(async () => { // an archive has one entry after another
          const known = part === 'workspace' ? start?.get(path) : undefined
          const pax = { 'AGENTOS.mtime': String(Number(stats.mtimeNs) / 1e9), ...(isUntouched(known, kind, stats) && { 'AGENTOS.same': '1' }) }
          const header = { name: `${part}/${path}`, mode: Number(stats.mode) & 0o777, pax }
          if (kind === 'folder')
            archive.entry({ ...header, type: 'directory' })
          else if (kind === 'link')
            archive.entry({ ...header, type: 'symlink', linkname: (await readlink(pathIn(parent, name), { encoding: 'buffer' })).toString('latin1') })
          else if (kind === 'file')
            await addFile(pathIn(parent, name), header)
        })
        last = added.catch(() => {})
        return added
      })
      if (walked.cut || walked.unreadable > 0)
        throw new Error(walked.cut ? `the folder is ${walked.cut === 'out of time' ? 'not read in time' : walked.cut === 'too many' ? `of more than ${MAX_ENTRIES} files` : 'too deep'}` : 'parts of the folder cannot be read')
    }
    archive.finalize()

    async function addFile(path: Buffer, header: { name: string, mode: number, pax: Record<string, string> }): Promise<void> {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const found = await file.stat()
        if (!found.isFile())
          return
        bytes += found.size
        if (bytes > maxBytes)
          throw new Error(`the folder is larger than ${Math.round(maxBytes / 1024 / 1024)} MiB`)
        const entry = archive.entry({ ...header, size: found.size })
        if (found.size === 0)
          return void entry.end(undefined)
        await pipeline(file.createReadStream({ autoClose: false, start: 0, end: found.size - 1 }), entry)
      }
      finally {
        await file.close()
      }
    }
  }
}

/** Fills an empty folder with what `packFolder` made of another. Nobody but us may have the folder meanwhile. */
export async function unpackFolder(source: Readable, { folder, owner, signal }: { folder: string, owner: RunUser, signal: AbortSignal }): Promise<void> {
  const same = new Set<string>()
  const folders: { path: Buffer, mode: number, mtime: number }[] = []
  const archive = extract()
  await Promise.all([pipeline(source, createGunzip(), archive, { signal }), takeAll()])
  for (const { path, mode, mtime } of folders.reverse()) {
    await chmod(path, mode)
    await give(path, mtime)
  }
  const start = await readStart(join(folder, START))
  if (start)
    await refreshStart(start)

  async function takeAll(): Promise<void> {
    for await (const entry of archive) {
      const { name, type, mode = 0o600, linkname } = entry.header
      const pax = entry.header.pax as Record<string, string> | undefined // what stands there
      if (name === START) {
        await writeAll(join(folder, START), 0o600)
        continue
      }
      const path = placeOf(folder, name)
      const mtime = Number(pax?.['AGENTOS.mtime'] ?? 0)
      if (pax?.['AGENTOS.same'])
        same.add(name.slice('workspace/'.length))
      if (type === 'directory') {
        await mkdir(path, { mode: 0o700 })
        folders.push({ path, mode, mtime })
        entry.resume()
      }
      else if (type === 'symlink') {
        await symlink(Buffer.from(linkname ?? '', 'latin1'), path)
        await give(path, mtime)
        entry.resume()
      }
      else {
        await writeAll(path, mode)
        await give(path, mtime)
      }

      async function writeAll(to: string | Buffer, mode: number): Promise<void> {
        const file = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
        await pipeline(entry, file.createWriteStream())
        await chmod(to, mode)
      }
    }
  }

  async function give(path: Buffer, mtime: number): Promise<void> {
    if (owner)
      await lchown(path, owner.uid, owner.gid)
    await lutimes(path, mtime, mtime)
  }

  /** The system's own marks are others here: those of what had not been touched are taken anew. */
  async function refreshStart(start: StartState): Promise<void> {
    for (const [path, entry] of start) {
      const stats = same.has(path) ? await lstat(placeOf(folder, `workspace/${path}`), { bigint: true }) : null
      start.set(path, stats ? startEntry(entry.kind, stats) : { ...entry, ctime: '' })
    }
    await writeStart(join(folder, START), start)
  }
}

/** Where an entry goes. It was sealed by ourselves; and still no name leads out. */
function placeOf(folder: string, name: string): Buffer {
  const [part, ...way] = name.replace(/\/$/, '').split('/')
  if (!PARTS.includes(part!) || way.length === 0 || way.some(step => step === '' || step === '.' || step === '..'))
    throw new Error(`${JSON.stringify(name)} is no place in the folder of a run`)
  return Buffer.concat([Buffer.from(`${folder}/${part}/`), Buffer.from(way.join('/'), 'latin1')])
}

/** The parts of a run's folder, empty. */
export async function makeParts(folder: string): Promise<void> {
  for (const part of PARTS)
    await mkdir(join(folder, part), { mode: 0o700 })
}

export async function giveParts(folder: string, owner: RunUser): Promise<void> {
  for (const part of PARTS) {
    if (owner)
      await withFolder(join(folder, part), ({ handle }) => handle.chown(owner.uid, owner.gid))
  }
}
