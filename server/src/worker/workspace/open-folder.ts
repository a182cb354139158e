import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import process from 'node:process'

/** A folder that is held open, so that names in it mean the same however the tree above it changes. */
export interface OpenFolder {
  handle: FileHandle
  /** For calls that take a path: through /proc where there is one, so that it is the open folder itself, however deep it lies. */
  path: Buffer
}

/** Opens a folder, never through a link, and closes it when `work` has ended. */
export async function withFolder<T>(path: string | Buffer, work: (folder: OpenFolder) => Promise<T>): Promise<T> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    return await work({ handle, path: pathOfHandle(handle) ?? Buffer.from(path) })
  }
  finally {
    await handle.close()
  }
}

/** Opens a file below a folder with no link on the way, to read it; null when there is none, or it may not be read. */
export async function openBelow(root: string | Buffer, path: Buffer): Promise<FileHandle | null> {
  const slash = path.indexOf('/')
  try {
    return await withFolder(root, folder => slash < 0
      ? open(pathIn(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      : openBelow(pathIn(folder, path.subarray(0, slash)), path.subarray(slash + 1)))
  }
  catch {
    return null
  }
}

export function pathIn(folder: OpenFolder, name: Buffer): Buffer {
  return Buffer.concat([folder.path, Buffer.from('/'), name])
}

/** A path that leads to the open file itself; null where the system has none. */
export function pathOfHandle(handle: FileHandle): Buffer | null {
  return process.platform === 'linux' ? Buffer.from(`/proc/self/fd/${handle.fd}`) : null
}
