import type { Readable } from 'node:stream'
import type { NewEvent } from '../domain/event.ts'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { SoFar } from '../domain/resume/so-far.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { Grants } from './attempt-grants.ts'
import type { AttemptServices } from './attempt-services.ts'
import type { AttemptStop } from './attempt-stop.ts'
import type { AttemptOutcome } from './outcome.ts'
import type { Fetched, PrepareOptions, Workspace } from './workspace/prepare-workspace.ts'
import type { WorkspaceResolved } from './workspace/resolve-workspace.ts'
import { event } from '../domain/event.ts'
import { readGitAddress } from '../domain/git-address.ts'
import { findCheckpoint } from '../store/checkpoints.ts'
import { refused } from './outcome.ts'
import { cloneRepository } from './workspace/clone-repository.ts'
import { MAX_FILES, prepareWorkspace } from './workspace/prepare-workspace.ts'
import { resolveWorkspace } from './workspace/resolve-workspace.ts'
import { unpackUpload } from './workspace/uploads.ts'

type Made = { ok: true, workspace: Workspace, from: string | null, events: NewEvent[] } | { ok: false, outcome: AttemptOutcome }

/** `before`: what earlier attempts have recorded. */
interface MakeWorkspace { claimed: ClaimedRun, stop: AttemptStop, grants: Pick<Grants, 'level' | 'secrets' | 'redactor'>, before: SoFar | null }

/** The folder of an attempt: as earlier ones left it, here or on another machine, or made anew from where the manifest or the run says. */
export async function makeWorkspace(services: AttemptServices, about: MakeWorkspace): Promise<Made> {
  const { claimed, stop, grants, before } = about
  const { place, rules } = services
  const { run, agent } = claimed
  const startedAt = performance.now()
  const { task, inputs, limits } = run
  const resolved = await resolveWorkspace(rules, { manifest: agent.manifest, manifestPath: agent.path, task, inputs, given: run.workspaceFrom })
  if (!resolved.ok)
    return { ok: false, outcome: refused(resolved.problem) }
  const prepared = await prepareWorkspace({
    place,
    runId: run.id,
    from: resolved.repository || resolved.upload ? null : resolved.from,
    fetch: fetchOf(services, about, resolved),
    mode: agent.manifest.workspace.mode,
    limits,
    canMountReadOnly: grants.level === 'sandbox' || grants.level === 'container',
    protectedPaths: rules.protectedPaths,
    isMade: before?.hasWorkspace === true,
    moving: await movingOf(services, claimed),
    signal: stop.signal,
  })
  if (!prepared.ok)
    return { ok: false, outcome: { reason: prepared.reason, detail: grants.redactor.text(prepared.detail), canPass: prepared.canPass ?? false, survivors: 0 } }
  const from = prepared.workspace.sourcePath ?? resolved.from
  if (prepared.workspace.isKept)
    return { ok: true, workspace: prepared.workspace, from, events: [] }
  if (before?.needsWorkspace && before.kept > 0 && prepared.workspace.how !== 'mounted')
    return { ok: false, outcome: { reason: 'interrupted', detail: 'Its workspace is gone, in which commands of it have worked: it cannot go on where it stood.', canPass: false, survivors: 0 } }
  const { how, workspaceMode, files, sizeBytes, notice, commit } = prepared.workspace
  const durationMs = Math.round(performance.now() - startedAt)
  const made = event('workspace.prepared', { from: resolved.from, how, mode: workspaceMode, files, sizeBytes, durationMs, ...(commit && { commit }), ...(notice && { notice }) })
  return { ok: true, workspace: prepared.workspace, from, events: [made] }
}

/** How the workspace is fetched where it is no folder of this machine. */
function fetchOf(services: AttemptServices, { claimed, stop, grants }: MakeWorkspace, { repository, upload }: Extract<WorkspaceResolved, { ok: true }>): PrepareOptions['fetch'] {
  const { run, agent } = claimed
  if (upload)
    return to => unpack(services, { organisationId: agent.organisationId, id: upload, to })
  if (!repository)
    return null
  const { limits } = run
  const token = tokenFor(repository.url, agent.manifest, grants.secrets)
  return async (to, user) => {
    const cloned = await cloneRepository({
      runId: run.id,
      address: repository,
      to,
      user,
      token,
      settings: services.network,
      maxBytes: limits.diskBytes,
      maxFiles: MAX_FILES,
      signal: stop.signal,
    })
    return cloned.ok ? { ...cloned, how: 'cloned' } : cloned
  }
}

async function unpack(services: AttemptServices, what: { organisationId: string, id: string, to: string }): Promise<Fetched> {
  return await unpackUpload(services, what)
    ? { ok: true, how: 'unpacked', commit: null }
    : { ok: false, reason: 'refused', detail: 'What was uploaded for it is kept no longer: upload it again.' }
}

/** For the server that the manifest itself names: a run that is given another repository does not take the token there. */
function tokenFor(url: string, { workspace: { from, token } }: Manifest, secrets: Record<string, string>): string | null {
  const own = from === null ? null : readGitAddress(from)
  const isOwn = own !== null && 'address' in own && new URL(own.address.url).origin === new URL(url).origin
  return token != null && isOwn ? secrets[token] ?? null : null
}

/** On SQLite there is no other machine. */
async function movingOf({ db, artifacts, sealer }: AttemptServices, { run, ref }: ClaimedRun): Promise<PrepareOptions['moving']> {
  if (db.dialect === 'sqlite')
    return null
  const stored = ref.attempt === 1 ? null : await findCheckpoint(db, run.id)
  return { attempt: ref.attempt, stored: stored && { attempt: stored.attempt, open } }

  async function open(): Promise<Readable> {
    const sealed = await artifacts.read(stored!.sha256)
    if (!sealed)
      throw new Error('the workspace that an earlier attempt has stored is gone')
    return sealer.open(sealed, run.id)
  }
}
