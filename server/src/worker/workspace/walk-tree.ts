import type { BigIntStats } from 'node:fs'
import type { OpenFolder } from './open-folder.ts'
import { Buffer } from 'node:buffer'
import { lstat } from 'node:fs/promises'
import { eachOf, entriesOf } from './folder-entries.ts'
import { pathIn, withFolder } from './open-folder.ts'

/** What lies in a tree. Names are bytes and need not be UTF-8: `path` has one character for each byte (latin1), from the tree's root. */
export interface TreeEntry {
  path: string
  kind: 'file' | 'folder' | 'link' | 'other'
  stats: BigIntStats
  /** Where it is, held open, so that nobody can put a link in between. */
  parent: OpenFolder
  name: Buffer
}

export interface WalkOptions {
  maxEntries: number
  signal: AbortSignal
  /** Whether to go into this folder. */
  enters?: (path: string) => boolean
}

export interface Walked {
  /** Why it did not come to the end. */
  cut: 'too many' | 'too deep' | 'out of time' | null
  /** Folders and files that could not be looked at. */
  unreadable: number
}

const MAX_DEPTH = 200

/**
 * Visits everything below a folder that an agent wrote, a folder before what is in it. Never goes through a link, opens nothing that is
 * no folder, and is bounded by number, depth and time.
 */
export async function walkTree(root: string, o: WalkOptions, visit: (entry: TreeEntry) => Promise<void>): Promise<Walked> {
  const walked: Walked = { cut: null, unreadable: 0 }
  let entries = 0
  await withFolder(root, folder => walk(folder, '', 0))
  return walked

  async function walk(folder: OpenFolder, path: string, depth: number): Promise<void> {
    const folders: { name: Buffer, path: string }[] = []
    await eachOf(entriesOf(folder), async ({ name }) => {
      if (walked.cut)
        return
      if (o.signal.aborted || ++entries > o.maxEntries)
        return void (walked.cut = o.signal.aborted ? 'out of time' : 'too many')
      const entry = await look(folder, name, path)
      if (!entry)
        return
      if (entry.kind === 'folder' && (o.enters?.(entry.path) ?? true))
        folders.push({ name, path: entry.path })
      await visit(entry)
    })
    for (const inner of folders) { // one after another: open folders are bounded by the depth
      if (walked.cut)
        return
      if (depth >= MAX_DEPTH)
        return void (walked.cut = 'too deep')
      await withFolder(pathIn(folder, inner.name), opened => walk(opened, inner.path, depth + 1)).catch(unreadable)
    }
  }

  async function look(parent: OpenFolder, name: Buffer, above: string): Promise<TreeEntry | null> {
    const stats = await lstat(pathIn(parent, name), { bigint: true }).catch(unreadable)
    if (!stats)
      return null
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other'
    return { path: `${above === '' ? '' : `${above}/`}${name.toString('latin1')}`, kind, stats, parent, name }
  }

  /** One that went away meanwhile, or became a link, is as if it had gone before. What else the system says is counted. */
  function unreadable(error: NodeJS.ErrnoException): null {
    if (error.code === undefined)
      throw error
    if (!['ENOENT', 'ELOOP', 'ENOTDIR'].includes(error.code))
      walked.unreadable++
    return null
  }
}

/** A path of `walkTree` as people read it. What is no UTF-8 stands there byte by byte. */
export function textOfPath(path: string): string {
  const bytes = Buffer.from(path, 'latin1')
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : path.replace(/[^\x20-\x7E]/g, byte => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
