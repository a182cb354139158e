import type { GitAddress } from '../../domain/git-address.ts'
import type { Manifest } from '../../domain/manifest/manifest.ts'
import type { RunUser } from './place.ts'
import { realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, parse, resolve } from 'node:path'
import { isGitUrl, readGitAddress, writeGitAddress } from '../../domain/git-address.ts'
import { fillTemplate } from '../../domain/manifest/inputs.ts'
import { uploadNamed } from '../../domain/upload.ts'
import { canWrite } from './place.ts'
import { allowedRoots, isWithin, realPathOf } from './roots.ts'

/** What the server says about host folders; a manifest cannot change it. */
export interface WorkspaceRules {
  /** AGENTOS_WORKSPACE_ROOTS. */
  roots: string[]
  /** Whose `agents/` may work on the project itself. */
  projectDir: string
  /** Never handed to a run: the data folder, the database, the server's own `.env`. */
  protectedPaths: string[]
  runUser: RunUser
}

export interface WorkspaceAsked {
  manifest: Manifest
  /** Where the manifest lies on this machine; a relative folder of it counts from there. */
  manifestPath: string | null
  task: string
  inputs: Record<string, string | number | boolean>
  /** A folder that overrides the manifest's. */
  given: string | null
}

/** `repository`, `upload`: what `from` means where it is no folder of this machine. */
export type WorkspaceResolved = { ok: true, from: string | null, repository?: GitAddress, upload?: string } | { ok: false, problem: string }

/**
 * The host folder that a run starts from, with every link resolved, or null for an empty one. Asked when a run is
 * submitted, and again when it starts: a link may have been bent in between.
 */
export async function resolveWorkspace(rules: WorkspaceRules, asked: WorkspaceAsked): Promise<WorkspaceResolved> {
  const named = nameFolder(asked)
  if ('problem' in named)
    return { ok: false, problem: named.problem }
  if (!('path' in named))
    return { ok: true, ...named }
  if (named.path === null)
    return { ok: true, from: null }
  const found = await findFolder(named.path)
  if ('problem' in found)
    return { ok: false, problem: found.problem }
  const problem = await whyNotAllowed(rules, asked, found.path)
  return problem ? { ok: false, problem } : { ok: true, from: found.path }
}

/** The folder that is meant, when it lies on another machine: what can be said with no look at it. */
export function nameWorkspace(asked: WorkspaceAsked): WorkspaceResolved {
  const named = nameFolder(asked)
  if ('problem' in named)
    return { ok: false, problem: named.problem }
  return 'path' in named ? { ok: true, from: named.path } : { ok: true, ...named }
}

type Named = { path: string | null } | { from: string, repository: GitAddress } | { from: string, upload: string } | { problem: string }

function nameFolder({ manifest, manifestPath, task, inputs, given }: WorkspaceAsked): Named {
  const { from, mode } = manifest.workspace
  if (given === null && from === null)
    return { path: null }
  const text = (given ?? fillTemplate(from ?? '', { task, inputs })).trim()
  const where = given === null ? 'workspace.from' : 'The workspace'
  if (text === '')
    return { problem: `${where} is empty once its inputs are filled in. Name a folder.` }
  if (text.includes('\0'))
    return { problem: `${where} holds a NUL character, which no path can.` }
  if (isGitUrl(text))
    return nameRepository(text, where, mode)
  const upload = given === null ? null : uploadNamed(text)
  if (upload !== null)
    return mode === 'copy' ? { from: text, upload } : { problem: `${where} was uploaded and cannot be mounted: use mode: copy, which is the default.` }
  if (isAbsolute(text))
    return { path: text }
  if (given !== null)
    return { problem: `The workspace ${JSON.stringify(text)} is relative. Give the whole path, from /.` }
  if (manifestPath === null)
    return { problem: `workspace.from is ${JSON.stringify(text)}, relative to a manifest that lies nowhere on this machine. Give a folder with --workspace, or its whole path in the manifest.` }
  return { path: resolve(dirname(manifestPath), text) }
}

function nameRepository(text: string, where: string, mode: Manifest['workspace']['mode']): Named {
  const read = readGitAddress(text)
  if ('problem' in read)
    return { problem: `${where} is ${JSON.stringify(text.replace(/\/\/[^/@]*@/, '//…@'))}: ${read.problem}.` }
  return mode === 'copy' ? { from: writeGitAddress(read.address), repository: read.address } : { problem: `${where} is a repository elsewhere, which is cloned and cannot be mounted: use mode: copy, which is the default.` }
}

async function findFolder(path: string): Promise<{ path: string } | { problem: string }> {
  try {
    const real = await realpath(path)
    if ((await stat(real)).isDirectory())
      return { path: real }
    return { problem: `The workspace ${path} is not a folder.` }
  }
  catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { problem: `The workspace ${path} does not exist on this machine.` }
    return { problem: `The workspace ${path} cannot be opened (${code}).` }
  }
}

async function whyNotAllowed(rules: WorkspaceRules, asked: WorkspaceAsked, path: string): Promise<string | null> {
  const roots = await allowedRoots(rules, asked)
  if (!roots.some(root => isWithin(root, path))) {
    const named = roots.length > 0 ? `Allowed are ${roots.join(', ')} and what lies below.` : 'None is allowed.'
    return `The workspace ${path} is outside the folders that runs may start from. ${named} To allow it, add it to AGENTOS_WORKSPACE_ROOTS and start the server again.`
  }
  for (const kept of rules.protectedPaths) {
    if (isWithin(await realPathOf(kept), path))
      return `The workspace ${path} is AgentOS's own data, which no run may have. Choose another folder.`
  }
  return asked.manifest.workspace.mode === 'mount-read-write' ? whyNotWritable(rules, path) : null
}

async function whyNotWritable(rules: WorkspaceRules, path: string): Promise<string | null> {
  if (path === parse(path).root)
    return `The workspace ${path} cannot be mounted read-write: that is the whole machine. Name a folder below it, or use mode: copy.`
  for (const kept of rules.protectedPaths) {
    if (isWithin(path, await realPathOf(kept)))
      return `The workspace ${path} cannot be mounted read-write, because AgentOS's own data lies in it (${kept}). Name a folder beside it, or use mode: copy, which leaves it out.`
  }
  if (!await canWrite(path, rules.runUser))
    return `The workspace ${path} cannot be mounted read-write: runs act as uid ${rules.runUser?.uid}, because the server is root, and that user may not write there. Start the server as the folder's owner, give that user the right, or use mode: copy.`
  return null
}
