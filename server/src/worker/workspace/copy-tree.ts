import type { Buffer } from 'node:buffer'
import type { Stats } from 'node:fs'
import type { OpenFolder } from './open-folder.ts'
import type { RunUser } from './place.ts'
import { constants } from 'node:fs'
import { chmod, copyFile, lchown, lutimes, mkdir, open, readlink, stat, symlink } from 'node:fs/promises'
import { eachOf, entriesOf } from './folder-entries.ts'
import { pathIn, pathOfHandle, withFolder } from './open-folder.ts'

export interface CopyOptions {
  from: string
  /** An empty folder. */
  to: string
  owner: RunUser
  /** Left out wherever they lie in the tree. */
  exclude: string[]
  maxBytes: number
  maxFiles: number
  signal: AbortSignal
}

export type CopyOutcome
  = | { ok: true, files: number, bytes: number }
    | { ok: false, problem: 'too_large' | 'too_many' | 'too_deep' | 'stopped' }
    | { ok: false, problem: 'failed', path: string, code: string }

const MAX_DEPTH = 200

/**
 * Copies a folder, sharing blocks where the file system can. Links are kept as links and never followed, also when
 * somebody swaps a folder for a link meanwhile: every step goes from an open folder to a name in it. Sockets, devices
 * and pipes are left out, as are set-uid bits. Bounded by size and number.
 */
export async function copyTree(o: CopyOptions): Promise<CopyOutcome> {
  const copy = new Copy(o, await identify(o.exclude))
  try {
    await withFolder(o.from, from => withFolder(o.to, to => copy.folder(from, to, o.from, 0)))
    return { ok: true, files: copy.files, bytes: copy.bytes }
  }
  catch (error) {
    if (error instanceof Refused)
      return { ok: false, problem: error.problem }
    const { path, code } = error instanceof Broken ? error : new Broken(o.from, error)
    return { ok: false, problem: 'failed', path, code }
  }
}

class Refused extends Error {
  readonly problem: 'too_large' | 'too_many' | 'too_deep' | 'stopped'
  constructor(problem: 'too_large' | 'too_many' | 'too_deep' | 'stopped') {
    super(problem)
    this.problem = problem
  }
}

class Broken extends Error {
  readonly path: string
  readonly code: string
  constructor(path: string, error: unknown) {
    super(String(error))
    this.path = path
    this.code = (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

class Copy {
  files = 0
  bytes = 0
  private readonly o: CopyOptions
  private readonly excluded: Set<string>

  constructor(o: CopyOptions, excluded: Set<string>) {
    this.o = o
    this.excluded = excluded
  }

  async folder(from: OpenFolder, to: OpenFolder, shown: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH)
      throw new Refused('too_deep')
    const folders: Buffer[] = []
    await eachOf(entriesOf(from), async ({ name, entry }) => {
      if (entry.isDirectory())
        folders.push(name)
      else if (entry.isFile())
        await naming(`${shown}/${name}`, () => this.file(from, to, name))
      else if (entry.isSymbolicLink())
        await naming(`${shown}/${name}`, () => this.link(from, to, name))
    })
    for (const name of folders) // one after another: open folders are bounded by the depth
      await naming(`${shown}/${name}`, () => this.subfolder(from, to, name, `${shown}/${name}`, depth + 1))
  }

  private async subfolder(from: OpenFolder, to: OpenFolder, name: Buffer, shown: string, depth: number): Promise<void> {
    await withFolder(pathIn(from, name), async (source) => {
      const found = await source.handle.stat()
      if (this.excluded.has(identity(found)))
        return
      this.count(0)
      const target = pathIn(to, name)
      await mkdir(target, { mode: 0o700 })
      await withFolder(target, inner => this.folder(source, inner, shown, depth))
      await chmod(target, found.mode & 0o777)
      await this.finish(target, found)
    })
  }

  private async link(from: OpenFolder, to: OpenFolder, name: Buffer): Promise<void> {
    this.count(0)
    const target = pathIn(to, name)
    await symlink(await readlink(pathIn(from, name), { encoding: 'buffer' }), target)
    if (this.o.owner)
      await lchown(target, this.o.owner.uid, this.o.owner.gid)
  }

  private async file(from: OpenFolder, to: OpenFolder, name: Buffer): Promise<void> {
    // O_NONBLOCK: what was a file when it was listed may be a pipe by now, and must not hold us.
    const source = await open(pathIn(from, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const found = await source.stat()
      if (!found.isFile() || this.excluded.has(identity(found)))
        return
      this.count(found.size)
      const target = pathIn(to, name)
      await copyFile(pathOfHandle(source) ?? pathIn(from, name), target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      if (found.mode & 0o7000)
        await chmod(target, found.mode & 0o777)
      await this.finish(target, found)
    }
    finally {
      await source.close()
    }
  }

  private async finish(target: Buffer, { atime, mtime }: Stats): Promise<void> {
    await lutimes(target, atime, mtime)
    if (this.o.owner)
      await lchown(target, this.o.owner.uid, this.o.owner.gid)
  }

  private count(bytes: number): void {
    if (this.o.signal.aborted)
      throw new Refused('stopped')
    this.files++
    this.bytes += bytes
    if (this.files > this.o.maxFiles)
      throw new Refused('too_many')
    if (this.bytes > this.o.maxBytes)
      throw new Refused('too_large')
  }
}

/** Says which path broke. One that went away, or became a link, while we copied is as if it had gone before. */
async function naming(shown: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  }
  catch (error) {
    if (error instanceof Refused || error instanceof Broken)
      throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ELOOP' && code !== 'ENOTDIR')
      throw new Broken(shown, error)
  }
}

async function identify(paths: string[]): Promise<Set<string>> {
  const found = await Promise.all(paths.map(path => stat(path).then(identity, () => null)))
  return new Set(found.filter(id => id !== null))
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`
}
