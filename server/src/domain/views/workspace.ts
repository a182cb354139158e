/** What is kept of a run, as programs and the page read them. Times are ISO 8601 strings in UTC; durations end in `Ms`, sizes in `Bytes`. */

/** Something that is kept of a run beside its log. */
export interface ArtifactView {
  name: string
  /** The step that made it; null when it belongs to the whole run. */
  step: number | null
  mediaType: string
  sha256: string
  sizeBytes: number
  /** False when a cap cut it. */
  isWhole: boolean
  createdAt: string
  /** Of this server: `/artifacts/<run>/<name>`. */
  path: string
}

export const FILE_CHANGES = ['added', 'modified', 'deleted', 'unchanged'] as const

/** A file of a run's workspace, as it was kept last. */
export interface WorkspaceFileView {
  /** From the workspace's root. What is no UTF-8 in it stands there as `\x` and two digits. */
  path: string
  kind: 'file' | 'link'
  /** Against what the run began with. */
  change: (typeof FILE_CHANGES)[number]
  /** Permission bits. */
  mode: number
  sizeBytes: number
  /** Where a link leads; nobody follows it. */
  target: string | null
  /** Why it is not kept, or not as it was. */
  note: string | null
}

export interface WorkspaceFilesPage {
  /** How the last look at the workspace went; null when there was none. */
  kept: { at: string, when?: 'end' | 'asked' | undefined, added: number, modified: number, deleted: number, sizeBytes: number, left: string[] } | null
  files: (WorkspaceFileView & { isKept: boolean, hasBefore: boolean })[]
  /** The path after which the next page begins; null at the end. */
  next: string | null
}

/** What of a file can be shown. */
export type FileContent
  = | { kind: 'text', text: string, isCut: boolean }
    /** Of a format that is safe to draw; the bytes are at `/artifacts/<run>/workspace/image?path=`. */
    | { kind: 'image', width: number, height: number }
    | { kind: 'binary' | 'absent', why: string }

export interface FileDiff {
  added: number
  removed: number
  hunks: { oldStart: number, newStart: number, lines: string[] }[]
  /** Why there is none. */
  why: string | null
}
