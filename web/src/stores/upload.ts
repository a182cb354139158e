import { ref, shallowRef } from 'vue'
import { tarOf } from '../agents/tar.ts'
import { formatBytes } from '../format/bytes.ts'
import { plural } from '../format/number.ts'

/** Made by tools from what is beside it, and large. */
const LEFT_OUT = 'node_modules'

export interface PickedFile { path: string, file: File }

/** Sends a folder of this person's machine to the server; a run may then start from what comes back. */
export function useUpload() {
  const busy = ref(false)
  /** What was sent, or why it was not. */
  const said = shallowRef<{ text: string, isProblem: boolean } | null>(null)

  /** Resolves to what to name as the workspace, or null. */
  async function send(files: File[]): Promise<string | null> {
    const { picked, isShortened } = pickFiles(files)
    if (picked.length === 0)
      return tell('There is no file in this folder.', true)
    busy.value = true
    try {
      const response = await fetch('/api/uploads', { method: 'POST', body: tarOf(picked.map(({ path, file }) => ({ path, content: file }))) })
      const answer = await response.json() as { workspace: string, files: number, sizeBytes: number, error?: { message: string } } // one or the other
      if (!response.ok)
        return tell(sentence(answer.error?.message ?? `The server answered ${response.status}.`), true)
      tell(`${plural(answer.files, 'file')}, ${formatBytes(answer.sizeBytes)}, sent${isShortened ? `, without ${LEFT_OUT}` : ''}. Kept for a day, or as long as a run needs it.`, false)
      return answer.workspace
    }
    catch {
      return tell('It could not be sent: the server does not answer, or a file cannot be read.', true)
    }
    finally {
      busy.value = false
    }
  }

  function tell(text: string, isProblem: boolean): null {
    said.value = { text, isProblem }
    return null
  }

  return { busy, said, send }
}

/** As a browser gives the files of a folder: each with its path, which begins with the folder's own name. */
export function pickFiles(files: { webkitRelativePath: string, name: string }[]): { picked: PickedFile[], isShortened: boolean } {
  const all = (files as File[]).map(file => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file })) // they are
  const picked = all.filter(({ path }) => !path.split('/').slice(0, -1).includes(LEFT_OUT))
  return { picked, isShortened: picked.length < all.length }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}
