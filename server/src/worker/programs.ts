import type { IsolationLevel } from '../domain/run.ts'
import type { SandboxSpec } from '../executor/protocol/input.ts'
import type { RunUser } from './workspace/place.ts'
import { realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { canPass, canRead } from './workspace/place.ts'
import { isWithin } from './workspace/roots.ts'

export type FoundPrograms = { ok: true } & Pick<SandboxSpec, 'programs' | 'path'> | { ok: false, problem: string }

/** Where they stand for what runs in a sandbox. */
const INSIDE_NODE = '/opt/agentos/bin'
const INSIDE_PROGRAMS = '/opt/agentos/programs'
/** Of a folder into which npm has installed, and of any other. */
const FOLDERS = ['node_modules/.bin', 'bin']

/** What a run is given so that it finds the manifest's programs: mounts, or at a level that has none the folders themselves. */
export async function findPrograms(o: { names: string[], dir: string, level: IsolationLevel, runUser: RunUser }): Promise<FoundPrograms> {
  const missing = whyNoPrograms(o.names, o.dir)
  if (missing !== null)
    return { ok: false, problem: missing }
  const hasMounts = o.level === 'sandbox' || o.level === 'container'
  const programs: SandboxSpec['programs'] = []
  const path: string[] = []
  if (o.names.includes('node')) {
    const nodePath = realpathSync(process.execPath)
    if (!await canPass(dirname(nodePath), o.runUser))
      return { ok: false, problem: unreadable('node', nodePath, o.runUser) }
    programs.push({ hostPath: nodePath, insidePath: `${INSIDE_NODE}/node` })
    path.push(hasMounts ? INSIDE_NODE : dirname(nodePath))
  }
  if (o.names.some(name => name !== 'node')) {
    const dir = realpathSync(o.dir)
    if (!await canRead(dir, o.runUser))
      return { ok: false, problem: unreadable('the folder of programs', dir, o.runUser) }
    programs.push({ hostPath: dir, insidePath: INSIDE_PROGRAMS })
    path.push(...FOLDERS.map(folder => join(hasMounts ? INSIDE_PROGRAMS : dir, folder)))
  }
  return { ok: true, programs: hasMounts ? programs : [], path }
}

/** Which program is not installed, and how it would be; null when all are. */
export function whyNoPrograms(names: string[], dir: string): string | null {
  const missing = names.filter(name => name !== 'node' && !isInstalled(name, dir))
  if (missing.length === 0)
    return null
  return `The manifest needs ${missing.join(' and ')} (programs:), which ${missing.length > 1 ? 'are' : 'is'} not installed in ${dir}. Install the npm package that has it with npm install --prefix ${dir} <package>, or put an executable file into ${join(dir, 'bin')}.`
}

/** A link that leads out of the folder leads nowhere inside of a sandbox. */
function isInstalled(name: string, dir: string): boolean {
  if (name.includes('/') || !isFolder(dir))
    return false
  return FOLDERS.some((folder) => {
    const path = join(dir, folder, name)
    const found = statSync(path, { throwIfNoEntry: false })
    return found?.isFile() === true && (found.mode & 0o111) !== 0 && isWithin(realpathSync(dir), realpathSync(path))
  })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function unreadable(what: string, path: string, user: RunUser): string {
  return `The user that runs are executed as (uid ${user?.uid}) cannot come to ${what} (${path}). Put it below folders that every user may pass (mode 0755), for the folder of programs by AGENTOS_PROGRAMS_DIR.`
}
