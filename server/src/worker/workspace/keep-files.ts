import type { Readable } from 'node:stream'
import type { Artifacts } from '../../artifacts/artifacts.ts'
import type { Draft } from '../../artifacts/blobs.ts'
import type { NewEvent } from '../../domain/event.ts'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { Database } from '../../store/database.ts'
import type { RunRef } from '../../store/run-append.ts'
import type { NewWorkspaceFile } from '../../store/workspace-files.ts'
import type { RunUser } from './place.ts'
import type { StartEntry, StartState } from './start-state.ts'
import type { TreeEntry } from './walk-tree.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { constants, open, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { Transform } from 'node:stream'
import { event } from '../../domain/event.ts'
import { addWorkspaceFiles, clearWorkspaceFiles } from '../../store/workspace-files.ts'
import { redactBytes } from '../redact-bytes.ts'
import { openBelow, pathIn } from './open-folder.ts'
import { isUntouched } from './start-state.ts'
import { textOfPath, walkTree } from './walk-tree.ts'

/** Made by tools from what is beside them, and large: `keep: changed` leaves them out, wherever they lie. */
export const LEFT_OUT = ['.git', 'node_modules', '.venv', 'venv', '__pycache__', '.cache', '.pnpm-store', '.gradle', '.tox']

const MAX_ENTRIES = 200_000
const MAX_FILES = { changed: 2_000, all: 20_000 }
const MAX_FILE_BYTES = 16 * 1024 * 1024
const MAX_BYTES = 256 * 1024 * 1024
const MAX_PATH_BYTES = 1_500
const BATCH = 100

export interface KeepFilesOptions {
  db: Database
  artifacts: Pick<Artifacts, 'draft' | 'drop' | 'keep' | 'removeUnused'>
  ref: RunRef
  workspacePath: string
  keep: 'changed' | 'all'
  /** What it began with; null: with nothing. */
  start: StartState | null
  /** The folder that it was copied from, to read there what a changed file was. */
  from: string | null
  redactor: Redactor
  runUser: RunUser
  when: 'end' | 'asked'
  signal: AbortSignal
}

/**
 * Stores what a run has made of its workspace: a row for each file that is not as it was (of all, when all are asked for), and its bytes
 * by their hash. An agent wrote the tree: nothing is followed, only what is a file of the run's own is opened, secrets do not pass, and
 * what is over a bound is said in the event that comes back.
 */
export async function keepFiles(o: KeepFilesOptions): Promise<NewEvent> {
  const startedAt = performance.now()
  const counts = { added: 0, modified: 0, deleted: 0 }
  const left = createLeft()
  const seen = new Set<string>()
  const names = new Set<string>()
  const waiting: { file: NewWorkspaceFile, drafts: Draft[] }[] = []
  let files = 0
  let sizeBytes = 0

  const gone = await clearWorkspaceFiles(o.db, o.ref)
  const befores = new Map(gone.map(row => [row.path, row.beforeSha256]))
  try {
    const walked = await walkTree(o.workspacePath, { maxEntries: MAX_ENTRIES, signal: o.signal, enters: path => o.keep === 'all' || !LEFT_OUT.includes(basename(path)) }, look)
    if (walked.cut)
      left.say(walked.cut === 'out of time' ? 'It was not looked through in time: what comes later is not kept.' : walked.cut === 'too many' ? `It has more than ${MAX_ENTRIES} files: the others were not looked at.` : 'Folders more than 200 deep were not looked at.')
    if (walked.unreadable > 0)
      left.say(`${walked.unreadable} of its files or folders could not be read.`)
    if (!walked.cut) {
      for (const [path, was] of o.start ?? []) {
        if (!seen.has(path) && !isLeftOut(path))
          await add(path, { kind: was.kind, change: 'deleted', mode: was.mode, sizeBytes: was.sizeBytes, sha256: null, target: null, note: null }, [], await before(path, was))
      }
    }
    await flush()
  }
  finally {
    await Promise.all(waiting.flatMap(({ drafts }) => drafts.map(o.artifacts.drop)))
    await o.artifacts.removeUnused([...new Set(gone.flatMap(row => [row.sha256, row.beforeSha256]).filter(sha256 => sha256 !== null))])
  }
  return event('workspace.kept', { when: o.when, ...counts, sizeBytes, durationMs: Math.round(performance.now() - startedAt), left: left.sentences() })

  async function look(entry: TreeEntry): Promise<void> {
    const { path, kind, stats } = entry
    if (kind === 'folder') {
      if (o.keep === 'changed' && LEFT_OUT.includes(basename(path)))
        left.count(`of ${basename(path)} (keep: all keeps it)`, `folder${basename(path)}`)
      return
    }
    if (kind === 'other')
      return left.count('that are sockets, devices or pipes', 'other')
    seen.add(path)
    const was = o.start?.get(path)
    const isSame = isUntouched(was, kind, stats)
    if (isSame && o.keep === 'changed')
      return
    const mode = Number(stats.mode) & 0o777
    const change = isSame ? 'unchanged' : was ? 'modified' : 'added'
    const about: About = { kind, change, mode, sizeBytes: Number(stats.size), sha256: null, target: null, note: null }
    if (kind === 'link') {
      const target = o.redactor.text(textOfPath((await readlink(pathIn(entry.parent, entry.name), { encoding: 'buffer' })).toString('latin1')))
      return add(path, { ...about, target }, [], null)
    }
    await addFile(entry, about, was)
  }

  async function addFile(entry: TreeEntry, about: About, was: StartEntry | undefined): Promise<void> {
    const { path } = entry
    const kept = await keepBytes(entry)
    if ('gone' in kept)
      return
    const { draft, note } = kept
    const old = was && about.change === 'modified' ? await before(path, was) : null
    const drafts = draft ? [draft] : []
    if (was && draft && old?.sha256 === draft.sha256 && was.mode === about.mode) { // touched, and the same
      if (old.draft)
        await o.artifacts.drop(old.draft)
      if (o.keep === 'changed')
        return o.artifacts.drop(draft)
      return add(path, { ...about, change: 'unchanged', sha256: draft.sha256, note }, drafts, null)
    }
    await add(path, { ...about, sha256: draft?.sha256 ?? null, note }, drafts, old)
  }

  type About = Omit<NewWorkspaceFile, 'path' | 'beforeSha256'>
  interface Before { sha256: string, draft: Draft | null }

  async function add(path: string, about: About, drafts: Draft[], old: Before | null): Promise<void> {
    const all = [...drafts, ...old?.draft ? [old.draft] : []]
    const shown = o.redactor.text(textOfPath(path))
    const isTooLong = Buffer.byteLength(shown) > MAX_PATH_BYTES
    if (isTooLong || files >= MAX_FILES[o.keep] || names.has(shown)) {
      left.count(isTooLong ? 'whose paths are too long' : `beyond the first ${MAX_FILES[o.keep]}`, isTooLong ? 'long' : 'many')
      return void await Promise.all(all.map(o.artifacts.drop))
    }
    names.add(shown)
    files++
    sizeBytes += drafts[0]?.sizeBytes ?? 0
    if (about.change !== 'unchanged')
      counts[about.change]++
    waiting.push({ file: { ...about, path: shown, beforeSha256: old?.sha256 ?? null }, drafts: all })
    if (waiting.length >= BATCH)
      await flush()
  }

  async function flush(): Promise<void> {
    const batch = waiting.splice(0)
    if (batch.length === 0)
      return
    const drafts = new Map(batch.flatMap(one => one.drafts).map(draft => [draft.sha256, draft])) // of the same bytes one is enough
    try {
      await o.artifacts.keep([...drafts.values()], () => addWorkspaceFiles(o.db, o.ref, batch.map(({ file }) => file)))
    }
    finally {
      await Promise.all(batch.flatMap(one => one.drafts.map(o.artifacts.drop)))
    }
  }

  /** Opened from the folder that holds it, and looked at once more: it may have been swapped for a link, a pipe, or somebody else's file. */
  async function keepBytes({ parent, name, stats }: TreeEntry): Promise<{ draft: Draft | null, note: string | null } | { gone: true }> {
    if (files >= MAX_FILES[o.keep])
      return { draft: null, note: null }
    if (stats.size > MAX_FILE_BYTES)
      return { draft: null, note: `It is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB: its bytes are not kept.` }
    if (sizeBytes + Number(stats.size) > MAX_BYTES)
      return { draft: null, note: `The ${MAX_BYTES / 1024 / 1024} MiB that are kept of a workspace are full: its bytes are not kept.` }
    try {
      const file = await open(pathIn(parent, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const found = await file.stat()
        if (!found.isFile())
          return { gone: true }
        if (o.runUser && found.uid !== o.runUser.uid)
          return { draft: null, note: 'It belongs to another user: its bytes are not kept.' }
        const { draft, isRedacted } = await draftOf(file.createReadStream({ autoClose: false, start: 0, end: MAX_FILE_BYTES }))
        return { draft, note: isRedacted ? 'It held a secret: what is kept has the secret\'s name in its place.' : null }
      }
      finally {
        await file.close()
      }
    }
    catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ELOOP')
        return { gone: true }
      if (code === 'EACCES' || code === 'EPERM')
        return { draft: null, note: 'It cannot be read: its bytes are not kept.' }
      throw error
    }
  }

  /** What a file was, from where it was copied, if it is there as it was then. */
  async function before(path: string, was: StartEntry): Promise<Before | null> {
    if (was.kind !== 'file' || was.sizeBytes > MAX_FILE_BYTES || sizeBytes + was.sizeBytes > MAX_BYTES || files >= MAX_FILES[o.keep])
      return null
    const known = befores.get(o.redactor.text(textOfPath(path)))
    const file = o.from === null ? null : await openBelow(o.from, Buffer.from(path, 'latin1'))
    if (!file)
      return known ? { sha256: known, draft: null } : null
    try {
      const found = await file.stat()
      if (!found.isFile() || found.size !== was.sizeBytes || Math.abs(found.mtimeMs - was.mtimeMs) > 1)
        return known ? { sha256: known, draft: null } : null
      const { draft } = await draftOf(file.createReadStream({ autoClose: false, start: 0, end: MAX_FILE_BYTES }))
      return { sha256: draft.sha256, draft }
    }
    finally {
      await file.close()
    }
  }

  async function draftOf(raw: Readable): Promise<{ draft: Draft, isRedacted: boolean }> {
    const hash = createHash('sha256')
    const hashed = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    const source = raw.pipe(hashed).pipe(redactBytes(o.redactor))
    raw.on('error', error => source.destroy(error))
    const draft = await o.artifacts.draft(source, MAX_FILE_BYTES)
    return { draft, isRedacted: draft.sha256 !== hash.digest('hex') }
  }

  function isLeftOut(path: string): boolean {
    return o.keep === 'changed' && path.split('/').slice(0, -1).some(step => LEFT_OUT.includes(step))
  }
}

/** What is not kept, in sentences: so many of each kind. */
function createLeft(): { say: (sentence: string) => void, count: (which: string, kind: string) => void, sentences: () => string[] } {
  const said: string[] = []
  const counted = new Map<string, { which: string, number: number }>()
  return {
    say: sentence => void said.push(sentence),
    count(which, kind) {
      const known = counted.get(kind)
      counted.set(kind, { which, number: (known?.number ?? 0) + 1 })
    },
    sentences: () => [...said, ...[...counted].map(([kind, { which, number }]) => kind.startsWith('folder') ? `Left out: what is in ${number === 1 ? 'a folder' : `${number} folders`} ${which}.` : `Left out: ${number} ${number === 1 ? 'file' : 'files'} ${which}.`)].slice(0, 20),
  }
}
