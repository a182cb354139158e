import type { Readable } from 'node:stream'
import type { Manifest } from '../../domain/manifest/manifest.ts'
import type { EndReason } from '../../domain/run.ts'
import type { RunLimits } from '../../domain/views/run.ts'
import type { SandboxSpec } from '../../executor/protocol/input.ts'
import type { CopyOutcome } from './copy-tree.ts'
import type { RunUser, WorkspacePlace } from './place.ts'
import { chmod, chown, lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { giveParts, makeParts, unpackFolder } from './checkpoint.ts'
import { copyTree } from './copy-tree.ts'
import { canRead, fetchUser } from './place.ts'
import { removeTree } from './remove-tree.ts'
import { isWithin, realPathOf } from './roots.ts'
import { recordStart } from './start-state.ts'

export const MAX_FILES = 200_000

export interface PrepareOptions {
  place: WorkspacePlace
  runId: string
  /** Allowed and resolved; null for an empty workspace, and for one that is fetched. */
  from: string | null
  /** Fills an empty folder of `user`'s from elsewhere; the workspace is then a copy of it. */
  fetch: ((to: string, user: RunUser) => Promise<Fetched>) | null
  mode: Manifest['workspace']['mode']
  limits: Pick<RunLimits, 'diskBytes'>
  /** False at levels without a mount namespace, where a folder can only be kept from being written by its own mode. */
  canMountReadOnly: boolean
  protectedPaths: string[]
  /** An earlier attempt has made it, whole: it is handed on as it stands, if it is still here. */
  isMade: boolean
  /** Where any machine may go on with it: which attempt this is, and the folder as an earlier one stored it, if one did. */
  moving: { attempt: number, stored: StoredFolder | null } | null
  signal: AbortSignal
}

/** `commit`: of a repository. */
export type Fetched = { ok: true, how: 'cloned' | 'unpacked', commit: string | null } | Unprepared

/** The folder of a run as an attempt has stored it. */
export interface StoredFolder {
  attempt: number
  open: () => Promise<Readable>
}

/** The folders of one run on the host. */
export interface Workspace {
  workspacePath: string
  workspaceMode: 'read-write' | 'read-only'
  /** What of a mounted folder the run may not see. */
  hidden: SandboxSpec['hidden']
  homePath: string
  /** For output that is kept as it came: of the run's user, and never part of its sandbox. */
  spoolPath: string
  /** What it began with, where it was copied; beside what the run has in its hands. */
  startPath: string
  /** Where it was fetched to: a copy of what it began with, which the run never has in its hands. */
  sourcePath: string | null
  how: 'empty' | 'copied' | 'cloned' | 'unpacked' | 'mounted'
  commit: string | null
  /** As an earlier attempt left it. */
  isKept: boolean
  /** As it was stored by another machine. */
  isRestored: boolean
  files: number
  sizeBytes: number
  /** Said where it is not quite what the manifest asks for. */
  notice: string | null
}

interface Unprepared { ok: false, reason: EndReason, detail: string, canPass?: boolean }

export type Prepared = { ok: true, workspace: Workspace } | Unprepared

/**
 * Makes `<place>/<runId>/{workspace,home,spool}`, which the run's user alone may enter, and fills the workspace. The folder that
 * holds them stays ours: nothing else can be put there, and none can be swapped for a link. A folder that is handed on keeps its HOME too.
 */
export async function prepareWorkspace(o: PrepareOptions): Promise<Prepared> {
  const laid = await layFolder(o)
  if (!laid.ok)
    return laid
  const { ok: _, ...folders } = laid
  const sourcePath = o.fetch && join(folderOfRun(o.place, o.runId), 'source')
  const workspace: Workspace = { ...folders, sourcePath, workspaceMode: 'read-write', hidden: [], how: 'empty', commit: null, files: 0, sizeBytes: 0, notice: null }
  const mount = o.from === null || o.mode === 'copy' ? null : await mayMount({ ...o, from: o.from })
  if (o.from !== null && mount?.ok) {
    const workspaceMode = o.mode === 'mount-read-write' ? 'read-write' : 'read-only'
    return { ok: true, workspace: { ...workspace, workspacePath: o.from, workspaceMode, hidden: mount.hidden, how: 'mounted' } }
  }
  if (workspace.isKept && await isFolder(workspace.workspacePath))
    return { ok: true, workspace: { ...workspace, how: o.from === null && !o.fetch ? 'empty' : 'copied' } }
  return fill(o, { ...workspace, isKept: false, isRestored: false, notice: mount && !mount.ok ? mount.notice : null })
}

/** With a copy of what it starts from, which is fetched first where it is elsewhere. */
async function fill(o: PrepareOptions, workspace: Workspace): Promise<Prepared> {
  const { workspacePath, sourcePath, startPath } = workspace
  const fetched = sourcePath && o.fetch ? await fetchTo(sourcePath, o, o.fetch) : null
  if (fetched && !fetched.ok)
    return fetched
  await makeFolder(workspacePath)
  const from = sourcePath ?? o.from
  if (from === null) {
    await give(workspacePath, o.place)
    return { ok: true, workspace }
  }
  const copied = await copyTree({
    from,
    to: workspacePath,
    owner: o.place.runUser,
    exclude: [...o.protectedPaths, o.place.path],
    maxBytes: o.limits.diskBytes,
    maxFiles: MAX_FILES,
    signal: o.signal,
  })
  if (!copied.ok)
    return whyNotCopied(copied, o)
  await recordStart(workspacePath, startPath, o.signal)
  // Only now: nobody but us could change the tree while it was written.
  await give(workspacePath, o.place)
  return { ok: true, workspace: { ...workspace, how: fetched?.how ?? 'copied', commit: fetched?.commit ?? null, files: copied.files, sizeBytes: copied.bytes } }
}

async function fetchTo(path: string, { place }: PrepareOptions, fetch: NonNullable<PrepareOptions['fetch']>): Promise<Fetched> {
  const blocked = await removeTree(path) // of an attempt that was lost before its workspace was whole
  if (blocked)
    return { ok: false, reason: 'spawn_error', detail: `The folder of an earlier attempt could not be removed: ${blocked}` }
  const user = fetchUser(place.runUser)
  await makeFolder(path)
  await give(path, { ...place, runUser: user })
  return fetch(path, user)
}

type Laid = { ok: true, isKept: boolean, isRestored: boolean } & Pick<Workspace, 'workspacePath' | 'homePath' | 'spoolPath' | 'startPath'>

/** The folder with what an attempt finds in it: a HOME and an empty spool, and a workspace if it is one that is handed on. */
async function layFolder(o: PrepareOptions): Promise<Laid | Extract<Prepared, { ok: false }>> {
  const { place, runId, isMade, moving } = o
  const folder = folderOfRun(place, runId)
  const paths = { workspacePath: join(folder, 'workspace'), homePath: join(folder, 'home'), spoolPath: join(folder, 'spool'), startPath: join(folder, 'start') }
  const isHere = isMade && await isFolder(paths.homePath) && await isNewest(folder, moving?.stored ?? null)
  const isRestored = isMade && !isHere && moving?.stored != null
  const blocked = await removeTree(isHere ? paths.spoolPath : folder) // of an attempt before this one
  if (blocked)
    return { ok: false, reason: 'spawn_error', detail: `The folder of an earlier attempt could not be removed: ${blocked}` }
  if (!isHere) {
    await makeFolder(folder)
    if (place.runUser)
      await chmod(folder, 0o711)
  }
  if (isRestored)
    await restore(o, folder, moving!.stored!)
  const missing = isHere || isRestored ? [paths.spoolPath] : [paths.homePath, paths.spoolPath]
  await Promise.all(missing.map(path => makeFolder(path).then(() => give(path, place))))
  if (moving)
    await writeFile(join(folder, ATTEMPT), String(moving.attempt), { mode: 0o600 })
  return { ok: true, isKept: isHere || isRestored, isRestored, ...paths }
}

/** Which attempt was the last to have the folder on this machine. */
const ATTEMPT = 'attempt'

/** The run may have been on another machine since. */
async function isNewest(folder: string, stored: StoredFolder | null): Promise<boolean> {
  return stored === null || Number(await readFile(join(folder, ATTEMPT), 'utf8').catch(() => 0)) >= stored.attempt
}

async function restore({ place, signal }: PrepareOptions, folder: string, stored: StoredFolder): Promise<void> {
  await makeParts(folder)
  await unpackFolder(await stored.open(), { folder, owner: place.runUser, signal })
  await giveParts(folder, place.runUser)
}

export function folderOfRun(place: WorkspacePlace, runId: string): string {
  return join(place.path, runId)
}

/** A folder that the run's user cannot read, or that only a mount of its own could keep from being written, is copied instead. */
async function mayMount(o: PrepareOptions & { from: string }): Promise<{ ok: true, hidden: SandboxSpec['hidden'] } | { ok: false, notice: string }> {
  const { from, mode, place, canMountReadOnly } = o
  if (mode === 'mount-read-write')
    return { ok: true, hidden: [] } // held against the rules when it was resolved
  const instead = 'it was copied instead of mounted read-only'
  if (!canMountReadOnly)
    return { ok: false, notice: `The run is not in a sandbox, where ${from} could be kept from being written, so ${instead}.` }
  if (!await canRead(from, place.runUser))
    return { ok: false, notice: `The user that runs are executed as cannot read ${from}, so ${instead}.` }
  return { ok: true, hidden: await hiddenIn(from, [...o.protectedPaths, place.path]) }
}

/** Our own data below the folder: a copy leaves it out, a mount covers it. */
async function hiddenIn(from: string, kept: string[]): Promise<SandboxSpec['hidden']> {
  const found = await Promise.all(kept.map(async (path) => {
    const real = await realPathOf(path)
    const entry = isWithin(from, real) ? await stat(real).catch(() => null) : null
    return entry && { path: relative(from, real), kind: entry.isDirectory() ? 'folder' as const : 'file' as const }
  }))
  const hidden = found.filter(entry => entry !== null)
  // What lies in a covered folder is covered with it, and is no longer there to be covered.
  return hidden.filter(({ path }) => !hidden.some(other => other.kind === 'folder' && path.startsWith(`${other.path}${sep}`)))
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true
}

/** For its owner alone. In the thread pool, as all of these: while the database syncs, each may wait for milliseconds. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 })
}

async function give(path: string, { runUser }: WorkspacePlace): Promise<void> {
  if (runUser)
    await chown(path, runUser.uid, runUser.gid)
}

function whyNotCopied(copied: Extract<CopyOutcome, { ok: false }>, { from: folder, limits, signal }: PrepareOptions): Prepared {
  const from = folder ?? 'that was fetched'
  switch (copied.problem) {
    case 'too_large':
      return { ok: false, reason: 'disk_limit', detail: `The workspace ${from} is larger than ${inMiB(limits.diskBytes)}. Name a smaller folder, or use mode: mount-read-only, which copies nothing.` }
    case 'too_many':
      return { ok: false, reason: 'disk_limit', detail: `The workspace ${from} has more than ${MAX_FILES} files. Name a smaller folder, or use mode: mount-read-only, which copies nothing.` }
    case 'too_deep':
      return { ok: false, reason: 'refused', detail: `The workspace ${from} has folders more than 200 deep, which is not copied. Use mode: mount-read-only.` }
    case 'stopped':
      return { ok: false, reason: 'cancelled', detail: signal.reason instanceof Error ? signal.reason.message : 'stopped while its workspace was copied' }
    case 'failed':
      return { ok: false, reason: copied.code === 'ENOSPC' ? 'disk_limit' : 'error', detail: `The workspace could not be copied: ${copied.path}: ${copied.code}.` }
  }
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}
