import type { Image } from '../domain/image.ts'
import type { FileContent, FileDiff, WorkspaceFilesPage } from '../domain/views/workspace.ts'
import type { FoundFile } from '../store/workspace-files.ts'
import type { Context } from './context.ts'
import { Buffer, isUtf8 } from 'node:buffer'
import { TRPCError } from '@trpc/server'
import { structuredPatch } from 'diff'
import { readImage, whyNotShown } from '../domain/image.ts'
import { readEventsOf } from '../store/events.ts'
import { findWorkspaceFile, listWorkspaceFiles } from '../store/workspace-files.ts'

type Asking = Pick<Context, 'db' | 'artifacts'> & { actor: NonNullable<Context['actor']> }

const SHOWN_BYTES = 512 * 1024
/** Two texts with next to nothing in common take long, and nobody reads what comes of it. */
const DIFF_MS = 300

/** What is kept of a run's workspace, a page by path. */
export async function filesOf({ db, actor }: Asking, runId: string, { after, limit }: { after: string | null, limit: number }): Promise<WorkspaceFilesPage> {
  const [found, kepts] = await Promise.all([
    listWorkspaceFiles(db, actor.organisationId, runId, { after, limit: limit + 1 }),
    readEventsOf(db, runId, ['workspace.kept']),
  ])
  const last = kepts.at(-1)
  const files = found.slice(0, limit).map(({ sha256, beforeSha256, ...file }) => ({ ...file, isKept: sha256 !== null, hasBefore: beforeSha256 !== null }))
  return {
    kept: last?.type === 'workspace.kept' ? { at: last.at, ...last.data } : null,
    files,
    next: found.length > limit ? files.at(-1)!.path : null,
  }
}

/** What a file holds, as far as it can be shown; of one that is deleted what it held. */
export async function fileContent(asking: Asking, runId: string, path: string): Promise<FileContent> {
  const file = await fileNamed(asking, runId, path)
  if (file.kind === 'link')
    return { kind: 'text', text: file.target ?? '', isCut: false }
  const sha256 = file.change === 'deleted' ? file.beforeSha256 : file.sha256
  return sha256 === null ? { kind: 'absent', why: file.note ?? 'Nothing of it is kept.' } : textOf(asking, sha256)
}

/** How a file differs from what the run began with. */
export async function fileDiff(asking: Asking, runId: string, path: string): Promise<FileDiff> {
  const file = await fileNamed(asking, runId, path)
  const none = (why: string): FileDiff => ({ added: 0, removed: 0, hunks: [], why })
  if (file.kind === 'link')
    return none('It is a link.')
  if (file.change === 'unchanged')
    return none('It is as it was when the run began.')
  if (file.change !== 'deleted' && file.sha256 === null)
    return none(file.note ?? 'Nothing of it is kept.')
  if (file.change !== 'added' && file.beforeSha256 === null)
    return none('What it was when the run began is not kept: the folder that it came from was changed meanwhile, or is on another machine.')
  const [before, now] = await Promise.all([file.beforeSha256, file.sha256].map(sha256 => sha256 === null ? { kind: 'text' as const, text: '', isCut: false } : textOf(asking, sha256)))
  for (const side of [before!, now!]) {
    if (side.kind === 'image')
      return none('It is an image.')
    if (side.kind !== 'text')
      return none(side.why)
    if (side.isCut)
      return none(`It is larger than ${SHOWN_BYTES / 1024} KiB, which is too much to compare here. Download it.`)
  }
  return diffOf(before!, now!) ?? none('The two have too little in common to be compared line by line.')
}

function diffOf(before: FileContent, now: FileContent): FileDiff | null {
  if (before.kind !== 'text' || now.kind !== 'text')
    return null
  const patch = structuredPatch('', '', before.text, now.text, '', '', { context: 3, timeout: DIFF_MS })
  if (!patch)
    return null
  const lines = patch.hunks.flatMap(hunk => hunk.lines)
  return {
    added: lines.filter(line => line.startsWith('+')).length,
    removed: lines.filter(line => line.startsWith('-')).length,
    hunks: patch.hunks.map(({ oldStart, newStart, lines }) => ({ oldStart, newStart, lines })),
    why: null,
  }
}

async function textOf({ artifacts }: Asking, sha256: string): Promise<FileContent> {
  const kept = await artifacts.read(sha256)
  if (!kept)
    return { kind: 'absent', why: 'Its bytes are gone: somebody has removed them.' }
  const shown = { start: 0, end: Math.min(kept.sizeBytes, SHOWN_BYTES) - 1 }
  const bytes = kept.sizeBytes === 0 ? Buffer.alloc(0) : Buffer.concat(await kept.stream(shown).toArray() as Buffer[])
  const image = readImage(bytes)
  if (image)
    return shownImage(image, kept.sizeBytes)
  const isCut = kept.sizeBytes > bytes.length
  // Where it is cut, the last character may be half a one.
  const whole = isCut ? bytes.subarray(0, bytes.lastIndexOf(0x0A) + 1 || bytes.length - 3) : bytes
  return bytes.includes(0) || !isUtf8(whole)
    ? { kind: 'binary', why: 'It is no text. Download it.' }
    : { kind: 'text', text: whole.toString(), isCut }
}

function shownImage(image: Image, sizeBytes: number): FileContent {
  const why = whyNotShown(image, sizeBytes)
  return why === null ? { kind: 'image', width: image.width, height: image.height } : { kind: 'binary', why }
}

async function fileNamed({ db, actor }: Asking, runId: string, path: string): Promise<FoundFile> {
  const file = await findWorkspaceFile(db, actor.organisationId, runId, path)
  if (!file)
    throw new TRPCError({ code: 'NOT_FOUND', message: `nothing is kept of a file ${JSON.stringify(path)}: runs.files lists what there is` })
  return file
}
