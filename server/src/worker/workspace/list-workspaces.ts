import type { WorkspaceRules } from './resolve-workspace.ts'
import { readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { isWithin, realPathOf, serverRoots } from './roots.ts'

const MAX_FOLDERS = 500

export interface WorkspaceList {
  /** Folders that a run may start from, or from below; links resolved. */
  roots: string[]
  folders: { path: string, name: string, isRepository: boolean }[]
}

/** What the form offers: the roots themselves, or the folders right below `under`, which lies in one of them. */
export async function listWorkspaces(rules: WorkspaceRules, under: string | null): Promise<WorkspaceList | { problem: string }> {
  const roots = await serverRoots(rules)
  if (under === null)
    return { roots, folders: await Promise.all(roots.map(async root => ({ path: root, name: root, isRepository: await isRepository(root) }))) }

  const folder = isAbsolute(under) ? await realpath(under).catch(() => null) : null
  const kept = await Promise.all(rules.protectedPaths.map(realPathOf))
  if (folder === null || !roots.some(root => isWithin(root, folder)) || kept.some(path => isWithin(path, folder)))
    return { problem: `${under} is not a folder that runs may start from. Allowed are ${roots.join(', ') || 'none'}: see AGENTOS_WORKSPACE_ROOTS.` }
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && !kept.includes(join(folder, entry.name)))
    .map(entry => entry.name)
    .sort((a, b) => a.localeCompare(b))
    .slice(0, MAX_FOLDERS)
  const folders = await Promise.all(names.map(async name => ({ path: join(folder, name), name, isRepository: await isRepository(join(folder, name)) })))
  return { roots, folders }
}

async function isRepository(path: string): Promise<boolean> {
  return stat(join(path, '.git')).then(() => true, () => false)
}
