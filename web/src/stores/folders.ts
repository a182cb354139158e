import { shallowRef } from 'vue'
import { useApi } from '../api/client.ts'

export interface Folder { path: string, isRepository: boolean }

/** Folders of the server's machine that a run may start from: those that begin like what was typed. */
export function useFolders() {
  const api = useApi()
  const folders = shallowRef<Folder[]>([])
  let latest = 0

  async function suggest(typed: string): Promise<void> {
    const mine = ++latest
    const under = parentOf(typed)
    try {
      const listed = await api.trpc.workspaces.list.query(under ? { under } : {})
      if (mine === latest)
        folders.value = candidates(listed, typed)
    }
    catch {
      // Outside of what may be used, or not there yet: nothing to suggest. The run itself says what is wrong.
      if (mine === latest)
        folders.value = []
    }
  }

  return { folders, suggest }
}

/** The folder whose content is suggested: `/srv/repos` for `/srv/repos/bi`. */
export function parentOf(typed: string): string {
  const cut = typed.lastIndexOf('/')
  return cut > 0 ? typed.slice(0, cut) : ''
}

function candidates(listed: { roots: string[], folders: Folder[] }, typed: string): Folder[] {
  const roots = listed.roots.map(path => ({ path, isRepository: false }))
  const all = new Map([...roots, ...listed.folders].map(folder => [folder.path, folder]))
  return [...all.values()].filter(folder => folder.path.startsWith(typed.trim())).slice(0, 50)
}
