import { shallowRef } from 'vue'
import { useApi } from '../api/client.ts'

export interface Folder { path: string, isRepository: boolean }

/** Folders of the server's machine that a run may start from: those that begin like what was typed. */
export function useFolders() {
  const api = useApi()
  const folders = shallowRef<Folder[]>([])
  let roots: string[] | null = null
  let latest = 0

  async function suggest(typed: string): Promise<void> {
    const mine = ++latest
    try {
      roots ??= (await api.trpc.workspaces.list.query({})).roots
      const listed = await api.trpc.workspaces.list.query(under(roots, typed))
      if (mine === latest)
        folders.value = candidates(listed, typed)
    }
    catch {
      // It is not there yet, or the server is silent: nothing to suggest. The run itself says what is wrong.
      if (mine === latest)
        folders.value = []
    }
  }

  return { folders, suggest }
}

/** The folder whose content is suggested, `/srv/repos` for `/srv/repos/bi`; none outside of the roots, where nothing may be asked. */
export function under(roots: string[], typed: string): { under?: string } {
  const text = typed.trim()
  const root = roots.find(root => text === '' || text === root)
  if (root)
    return { under: root }
  const folder = text.slice(0, Math.max(0, text.lastIndexOf('/')))
  return roots.some(root => folder === root || folder.startsWith(`${root}/`)) ? { under: folder } : {}
}

function candidates(listed: { roots: string[], folders: Folder[] }, typed: string): Folder[] {
  const roots = listed.roots.map(path => ({ path, isRepository: false }))
  const all = new Map([...roots, ...listed.folders].map(folder => [folder.path, folder]))
  return [...all.values()].filter(folder => folder.path.startsWith(typed.trim())).slice(0, 50)
}
