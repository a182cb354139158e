import type { FileContent, FileDiff, WorkspaceFilesPage } from '@agentos/server/domain/views/workspace'
import type { Loadable } from './loadable.ts'
import { useApi } from '../api/client.ts'
import { explain } from '../api/explain.ts'
import { createLoadable } from './loadable.ts'

/** A tree of more is not looked through by a person; the download has all. */
const MAX_PAGES = 4

export interface RunFiles {
  kept: WorkspaceFilesPage['kept']
  files: WorkspaceFilesPage['files']
  /** There are more than are shown. */
  isCut: boolean
}

export type RunFile = WorkspaceFilesPage['files'][number]

/** What is kept of a run's workspace. */
export function useRunFiles(run: string): Loadable<RunFiles> {
  const { trpc } = useApi()
  return createLoadable(async () => {
    let page = await trpc.runs.files.query({ run })
    const { kept } = page
    const files = [...page.files]
    for (let pages = 1; page.next !== null && pages < MAX_PAGES; pages++) {
      page = await trpc.runs.files.query({ run, after: page.next })
      files.push(...page.files)
    }
    return { kept, files, isCut: page.next !== null }
  })
}

/** Has the workspace of a running run kept as it is now; resolves to why not, or null. Its log says when that is done. */
export function useKeepFiles(run: string): () => Promise<string | null> {
  const { trpc } = useApi()
  return () => trpc.runs.keepFiles.mutate({ run }).then(() => null, explain)
}

/** How a file differs from what the run began with, and what it holds where there is nothing to compare. */
export interface OneFile { diff: FileDiff | null, content: FileContent | null }

export function useRunFile(run: string, file: RunFile): Loadable<OneFile> {
  const { trpc } = useApi()
  return createLoadable(async () => {
    const asked = { run, path: file.path }
    const diff = file.kind === 'file' && file.change !== 'unchanged' ? await trpc.runs.fileDiff.query(asked) : null
    const isShown = diff !== null && diff.why === null
    return { diff, content: isShown ? null : await trpc.runs.file.query(asked) }
  })
}
