import type { Manifest } from '../../domain/manifest/manifest.ts'
import type { EndReason } from '../../domain/run.ts'
import type { RunLimits } from '../../domain/views.ts'
import type { SandboxSpec } from '../../executor/protocol/input.ts'
import type { CopyOutcome } from './copy-tree.ts'
import type { WorkspacePlace } from './place.ts'
import { chmod, chown, lstat, mkdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { copyTree } from './copy-tree.ts'
import { canRead } from './place.ts'
import { removeTree } from './remove-tree.ts'
import { isWithin, realPathOf } from './roots.ts'

const MAX_FILES = 200_000

export interface PrepareOptions {
  place: WorkspacePlace
  runId: string
  /** Allowed and resolved; null for an empty workspace. */
  from: string | null
  mode: Manifest['workspace']['mode']
  limits: Pick<RunLimits, 'diskBytes'>
  /** False at levels without a mount namespace, where a folder can only be kept from being written by its own mode. */
  canMountReadOnly: boolean
  protectedPaths: string[]
  /** An earlier attempt has made it, whole: it is handed on as it stands, if it is still here. */
  isMade: boolean
  signal: AbortSignal
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
  how: 'empty' | 'copied' | 'mounted'
  /** As an earlier attempt left it. */
  isKept: boolean
  files: number
  sizeBytes: number
  /** Said where it is not quite what the manifest asks for. */
  notice: string | null
}

export type Prepared = { ok: true, workspace: Workspace } | { ok: false, reason: EndReason, detail: string }

/**
 * Makes `<place>/<runId>/{workspace,home,spool}`, which the run's user alone may enter, and fills the workspace. The folder that
 * holds them stays ours: nothing else can be put there, and none can be swapped for a link. A folder that is handed on keeps its HOME too.
 */
export async function prepareWorkspace(o: PrepareOptions): Promise<Prepared> {
  const laid = await layFolder(o)
  if (!laid.ok)
    return laid
  const { workspacePath, homePath, spoolPath, isKept } = laid
  const mount = o.from === null || o.mode === 'copy' ? null : await mayMount({ ...o, from: o.from })
  if (o.from !== null && mount?.ok) {
    const workspaceMode = o.mode === 'mount-read-write' ? 'read-write' : 'read-only'
    return { ok: true, workspace: { workspacePath: o.from, workspaceMode, hidden: mount.hidden, homePath, spoolPath, how: 'mounted', isKept, files: 0, sizeBytes: 0, notice: null } }
  }

  if (isKept && await isFolder(workspacePath))
    return { ok: true, workspace: { workspacePath, workspaceMode: 'read-write', hidden: [], homePath, spoolPath, how: o.from === null ? 'empty' : 'copied', isKept, files: 0, sizeBytes: 0, notice: null } }

  await makeFolder(workspacePath)
  const copied = o.from === null
    ? null
    : await copyTree({
        from: o.from,
        to: workspacePath,
        owner: o.place.runUser,
        exclude: [...o.protectedPaths, o.place.path],
        maxBytes: o.limits.diskBytes,
        maxFiles: MAX_FILES,
        signal: o.signal,
      })
  if (copied && !copied.ok)
    return whyNotCopied(copied, o)
  // Only now: nobody but us could change the tree while it was written.
  await give(workspacePath, o.place)
  return {
    ok: true,
    workspace: {
      workspacePath,
      workspaceMode: 'read-write',
      hidden: [],
      homePath,
      spoolPath,
      how: copied ? 'copied' : 'empty',
      isKept: false,
      files: copied?.files ?? 0,
      sizeBytes: copied?.bytes ?? 0,
      notice: mount && !mount.ok ? mount.notice : null,
    },
  }
}

type Laid = { ok: true, isKept: boolean } & Pick<Workspace, 'workspacePath' | 'homePath' | 'spoolPath'>

/** The folder with what an attempt finds in it: a HOME and an empty spool, and a workspace if it is one that is handed on. */
async function layFolder({ place, runId, isMade }: PrepareOptions): Promise<Laid | Extract<Prepared, { ok: false }>> {
  const folder = folderOfRun(place, runId)
  const paths = { workspacePath: join(folder, 'workspace'), homePath: join(folder, 'home'), spoolPath: join(folder, 'spool') }
  const isKept = isMade && await isFolder(paths.homePath)
  const blocked = await removeTree(isKept ? paths.spoolPath : folder) // of an attempt before this one
  if (blocked)
    return { ok: false, reason: 'spawn_error', detail: `The folder of an earlier attempt could not be removed: ${blocked}` }
  if (!isKept) {
    await makeFolder(folder)
    if (place.runUser)
      await chmod(folder, 0o711)
  }
  const missing = isKept ? [paths.spoolPath] : [paths.homePath, paths.spoolPath]
  await Promise.all(missing.map(path => makeFolder(path).then(() => give(path, place))))
  return { ok: true, isKept, ...paths }
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

function whyNotCopied(copied: Extract<CopyOutcome, { ok: false }>, { from, limits, signal }: PrepareOptions): Prepared {
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
