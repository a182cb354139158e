import { execFile } from 'node:child_process'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Removes a folder that an agent wrote: read-only folders, names that are no text, paths longer than the system takes.
 * Links are removed and never followed. Null when it is gone, else what stood in the way.
 */
export async function removeTree(path: string): Promise<string | null> {
  if (await removeIfEmpty(path))
    return null
  try {
    await rm(path, { recursive: true, force: true })
    return null
  }
  catch {
    return removeByForce(path)
  }
}

/** Most runs leave two empty folders or none. In the thread pool: while the database syncs, a removal may wait for milliseconds. */
async function removeIfEmpty(path: string): Promise<boolean> {
  try {
    await Promise.all((await readdir(path)).map(name => rmdir(join(path, name))))
    await rmdir(path)
    return true
  }
  catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/** The system's own tools walk by open folders, so that no depth and no name is too much for them. */
async function removeByForce(path: string): Promise<string | null> {
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, maxBuffer: 1024 * 1024 }
  await run('chmod', ['-R', 'u+rwX', '--', path], options).catch(() => {}) // rm says what is still wrong
  try {
    await run('rm', ['-rf', '--', path], options)
    return null
  }
  catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n')[0]
    return said || String(error)
  }
}
