import { lstatSync, readlinkSync } from 'node:fs'
import { posix } from 'node:path'

/** Where the machine keeps its programs: those of a workspace are the agent's, and are never looked at. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
/** One program of many names: what it is called decides what it does. */
const MANY_IN_ONE = new Set(['busybox', 'toybox', 'coreutils'])
const MAX_LINKS = 8
const MAX_KNOWN = 5000

/**
 * The other names by which this machine knows a program: `vi` → `vim.basic`, by way of /etc/alternatives. Links are followed from
 * the system's folders on; only a program that was installed there has other names.
 */
export function createProgramNames(folders = SYSTEM_FOLDERS): (program: string) => string[] {
  const known = new Map<string, string[]>()
  return (program) => {
    const found = known.get(program)
    if (found)
      return found
    if (known.size >= MAX_KNOWN)
      known.clear()
    const names = namesOf(program, folders)
    known.set(program, names)
    return names
  }
}

function namesOf(program: string, folders: string[]): string[] {
  const starts = program.includes('/') ? [posix.normalize(program)].filter(path => folders.includes(posix.dirname(path))) : folders.map(folder => `${folder}/${program}`)
  return [...new Set(starts.flatMap(followed).map(path => posix.basename(path)))].filter(name => !MANY_IN_ONE.has(name) && name !== posix.basename(program))
}

/** The places that one link after another leads to. */
function followed(start: string): string[] {
  const places: string[] = []
  for (let path = start; places.length < MAX_LINKS;) {
    const target = linkTarget(path)
    if (target === null)
      break
    path = posix.resolve(posix.dirname(path), target)
    places.push(path)
  }
  return places
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null
  }
  catch {
    return null // No such program, or no path at all.
  }
}
