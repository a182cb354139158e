import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** The user that runs are executed as; null: the server's own, because it may not switch. */
export type RunUser = { uid: number, gid: number } | null

/** Where the folders of runs lie, decided once at the start. */
export interface WorkspacePlace {
  path: string
  runUser: RunUser
}

const NOBODY = 65534

/** A server that is root hands its runs to nobody, so that what only root may read stays unread. */
export function runUser(): RunUser {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null
}

/** What is fetched for runs is fetched as somebody else, into whose processes no run can look; null as above. */
export function fetchUser(runUser: RunUser): RunUser {
  return runUser && { uid: NOBODY - 1, gid: NOBODY - 1 }
}

/**
 * `wanted` when the run's user can get there, else a folder among the temporary ones: no process of another uid passes
 * a 0700 folder above it.
 */
export async function choosePlace(wanted: string, user: RunUser = runUser()): Promise<WorkspacePlace> {
  if (await canPass(wanted, user))
    return { path: wanted, runUser: user }
  const name = `agentos-workspaces-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`
  for (const base of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const path = join(base, name)
    if (await canPass(base, user) && await makeOurs(path))
      return { path, runUser: user }
  }
  throw new Error(`The user that runs are executed as (uid ${user?.uid}) can reach neither ${wanted} nor ${tmpdir()}. Set AGENTOS_DATA_DIR to a folder below folders that every user may pass (mode 0711 or 0755).`)
}

/** May `user` go through `path` and every folder above it? By the mode bits, as the kernel does it for one who is not root. */
export async function canPass(path: string, user: RunUser): Promise<boolean> {
  return mayAll(ancestors(path), user, 0o1)
}

/** May `user` list and read `path`, and come to it? */
export async function canRead(path: string, user: RunUser): Promise<boolean> {
  return await canPass(path, user) && mayAll([path], user, 0o5)
}

/** May `user` write in `path`, and come to it? */
export async function canWrite(path: string, user: RunUser): Promise<boolean> {
  return await canPass(path, user) && mayAll([path], user, 0o7)
}

async function mayAll(paths: string[], user: RunUser, bits: number): Promise<boolean> {
  if (user === null)
    return true // The server's own rights hold, and it will be told by the kernel.
  for (const path of paths) {
    const { mode, uid, gid } = await stat(path)
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0
    if (((mode >> shift) & bits) !== bits)
      return false
  }
  return true
}

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...ancestors(parent), path]
}

/** A folder among everybody's: one that is already there counts only when it is ours and no link. */
async function makeOurs(path: string): Promise<boolean> {
  await mkdir(path, { mode: 0o711 }).catch(() => {})
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory() || found.uid !== process.getuid?.())
    return false
  await chmod(path, 0o711)
  return true
}
