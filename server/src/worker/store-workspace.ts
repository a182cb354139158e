import type { Redactor } from '../domain/redact/redactor.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { AttemptServices } from './attempt-services.ts'
import type { AttemptOutcome } from './outcome.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import { readdir } from 'node:fs/promises'
import { event } from '../domain/event.ts'
import { dropEndedCheckpoints, findCheckpoint, saveCheckpoint } from '../store/checkpoints.ts'
import { FenceLostError } from '../store/errors.ts'
import { packFolder } from './workspace/checkpoint.ts'
import { keepFiles } from './workspace/keep-files.ts'
import { folderOfRun } from './workspace/prepare-workspace.ts'
import { readStart } from './workspace/start-state.ts'

/** What an attempt has worked in. */
export interface WorkedIn {
  workspace: Workspace
  /** The folder that it was copied from. */
  from: string | null
  redactor: Redactor
}

const KEEP_MS = { changed: 30_000, all: 120_000 }
const CHECKPOINT_MS = 30_000
/** A worker that is told to end has little time. */
const LEAVING_MS = 6_000

/** `signal`: it is no longer worth waiting for. */
interface KeepNow { when: 'end' | 'asked', signal?: AbortSignal }

/**
 * What of its workspace is for people to see: `workspace.keep`. At the end nothing of it runs any more. While it goes on, because somebody asked,
 * its files may change as they are read: each is as it was at some moment in between.
 */
export async function keepWorkspace(services: AttemptServices, { agent, ref }: ClaimedRun, workedIn: WorkedIn, { when, signal: cut }: KeepNow): Promise<void> {
  const { workspace, from, redactor } = workedIn
  const { db, log, artifacts, place, logger } = services
  const { keep } = agent.manifest.workspace
  const isNone = keep === 'none' || workspace.how === 'mounted' || (workspace.how === 'empty' && await isEmpty(workspace.workspacePath))
  if (isNone && when === 'end')
    return
  if (isNone) {
    const lost = event('artifact.lost', { name: 'workspace', detail: whyNone(keep, workspace.how) })
    return void await log.append(ref, [lost]).catch(() => {}) // its lease is gone, or the database is
  }
  try {
    const start = await readStart(workspace.startPath)
    const late = AbortSignal.timeout(KEEP_MS[keep])
    const signal = cut ? AbortSignal.any([late, cut]) : late
    const { workspacePath } = workspace
    const kept = await keepFiles({ db, artifacts, ref, workspacePath, keep, start, from, redactor, runUser: place.runUser, when, signal })
    await log.append(ref, [kept])
  }
  catch (error) {
    if (error instanceof FenceLostError)
      return
    logger.warn({ err: error, runId: ref.runId }, 'what a run made of its workspace could not be kept')
    await log.append(ref, [event('artifact.lost', { name: 'workspace', detail: redactor.text(messageOf(error)) })]).catch(() => {}) // its lease is gone, or the database is
  }
}

/**
 * Stores the folder of a run that is to go on some day, sealed, where every machine finds it. Resolves to whether it is: else the run has
 * to go on here. On SQLite there is no other machine, and what is mounted is on this one alone.
 */
export async function storeCheckpoint(services: AttemptServices, { run, ref }: ClaimedRun, { workspace }: WorkedIn, outcome: AttemptOutcome): Promise<boolean> {
  const { db, artifacts, sealer, place, logger } = services
  if (db.dialect === 'sqlite' || workspace.how === 'mounted')
    return false
  const signal = AbortSignal.timeout(outcome.waitingFor ? CHECKPOINT_MS : LEAVING_MS)
  try {
    const maxBytes = run.limits.diskBytes
    const packed = packFolder({ folder: folderOfRun(place, run.id), maxBytes, signal })
    signal.addEventListener('abort', () => packed.destroy(new Error('it was not stored in time')))
    const draft = await artifacts.draft(sealer.seal(packed, run.id), 2 * maxBytes)
    try {
      const before = await findCheckpoint(db, run.id)
      await artifacts.keep([draft], () => saveCheckpoint(db, ref, { ...draft, attempt: ref.attempt }))
      if (before)
        await artifacts.removeUnused([before.sha256])
    }
    finally {
      await artifacts.drop(draft)
    }
    return true
  }
  catch (error) {
    if (!(error instanceof FenceLostError))
      logger.warn({ err: error, runId: run.id }, 'the workspace of a run could not be stored: it has to go on here')
    return false
  }
}

/** A run that has ended needs none. */
export async function dropCheckpoint({ db, artifacts, logger }: AttemptServices, { run, ref }: ClaimedRun): Promise<void> {
  if (db.dialect === 'sqlite' || ref.attempt === 1)
    return
  try {
    await artifacts.removeUnused(await dropEndedCheckpoints(db, run.id))
  }
  catch (error) {
    logger.warn({ err: error, runId: run.id }, 'the stored workspace of a run could not be removed; retention does')
  }
}

function whyNone(keep: string, how: Workspace['how']): string {
  if (how === 'mounted')
    return 'It works in a folder of its machine itself: look there.'
  return keep === 'none' ? 'Its manifest says keep: none.' : 'Its workspace is empty.'
}

async function isEmpty(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => [])).length === 0
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
