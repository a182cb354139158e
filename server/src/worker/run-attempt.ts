import type { Readable } from 'node:stream'
import type { NewEvent } from '../domain/event.ts'
import type { SoFar } from '../domain/resume/so-far.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunUsage } from '../domain/views.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { Grants } from './attempt-grants.ts'
import type { AttemptServices } from './attempt-services.ts'
import type { AttemptStop, Stop } from './attempt-stop.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { AttemptOutcome } from './outcome.ts'
import type { RunAccess } from './run-access.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import { event } from '../domain/event.ts'
import { isFinal } from '../domain/run.ts'
import { reapRun } from '../executor/reap.ts'
import { FenceLostError } from '../store/errors.ts'
import { getRuns } from '../store/runs.ts'
import { grant } from './attempt-grants.ts'
import { createBroker } from './broker.ts'
import { goOn, readSoFar } from './go-on.ts'
import { handOver } from './hand-over.ts'
import { createKeep } from './keep-artifact.ts'
import { openModelAccess } from './open-model-access.ts'
import { createOrderedLog } from './ordered-log.ts'
import { outcomeOfStop, refused } from './outcome.ts'
import { redactBytes } from './redact-bytes.ts'
import { redactUsage } from './redact-usage.ts'
import { retryDelayMs } from './retry-delay.ts'
import { openNetwork } from './run-network.ts'
import { startRun } from './start-run.ts'
import { watchSteps } from './watch-steps.ts'
import { folderOfRun, prepareWorkspace } from './workspace/prepare-workspace.ts'
import { removeTree } from './workspace/remove-tree.ts'
import { resolveWorkspace } from './workspace/resolve-workspace.ts'

/** The executor keeps the time limit; this is for one that does not. */
const BACKSTOP_MS = 10_000

/**
 * One attempt of a claimed run, from what the earlier ones have recorded to the last event. Never rejects: however it goes, the run is
 * ended, queued again, parked, or left to whoever holds it now. Its folder is kept for the next attempt, and removed with the run's end.
 * Resolves to whether the run is over.
 */
export async function runAttempt(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop): Promise<boolean> {
  const release = watch(services, claimed, stop)
  const outcome = await perform(services, claimed, stop)
  release()
  const isOver = await settle(services, claimed, stop, outcome)
  if (isOver)
    await cleanUp(services, claimed)
  return isOver
}

/** What stops an attempt from outside, beside a person (who comes through the worker). */
function watch({ graceMs }: AttemptServices, { run, lostLease }: ClaimedRun, stop: AttemptStop): () => void {
  const lose = () => stop.stop({ kind: 'lost_lease' })
  lostLease.addEventListener('abort', lose, { once: true })
  if (lostLease.aborted)
    lose()
  if (run.cancelRequestedAt !== null)
    stop.stop({ kind: 'end', reason: 'cancelled', detail: 'Stopped on request.', canPass: false })
  const detail = `The run was over its time limit of ${run.limits.timeMs / 1000} s.`
  const expire = () => stop.stop({ kind: 'end', reason: 'timeout', detail, canPass: true })
  const timer = setTimeout(expire, Math.min(run.limits.timeMs + graceMs + BACKSTOP_MS, 2 ** 31 - 1))
  return () => {
    clearTimeout(timer)
    lostLease.removeEventListener('abort', lose)
  }
}

/** The one place that catches. */
async function perform(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop): Promise<AttemptOutcome> {
  try {
    return await work(services, claimed, stop)
  }
  catch (error) {
    const stopped = outcomeOfStop(stop)
    if (stopped)
      return stopped
    services.logger.error({ err: error, runId: claimed.run.id }, 'an attempt broke')
    return { reason: 'error', detail: services.ownRedactor.text(`AgentOS could not carry the run out: ${messageOf(error)}.`), canPass: true, survivors: 0 }
  }
}

async function work(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop): Promise<AttemptOutcome> {
  const { run, ref } = claimed
  const early = outcomeOfStop(stop)
  if (early)
    return early
  const log = watchSteps(createOrderedLog(events => services.log.append(ref, events), error => stop.stop(whyNotWritten(error))), run.steps + 1)
  const before = await readSoFar(services.db, claimed)
  if (before)
    await reapRun(run.id) // of a worker that was killed: nothing of it may work in the folder beside us
  const granted = await grant(services, claimed)
  if (!granted.ok)
    return refused(granted.problem)
  const { grants } = granted
  const made = await makeWorkspace(services, claimed, stop, grants.level, before)
  const stopped = outcomeOfStop(stop)
  if (stopped)
    return stopped
  if (!made.ok)
    return made.outcome
  log.hold(made.events)
  const next = before && goOn(before, claimed, { level: grants.level, isKept: made.workspace.isKept })
  if (next)
    await log.record(next.events)
  if (next?.outcome)
    return next.outcome
  return carryOut(services, { claimed, stop, log, grants, workspace: made.workspace, soFar: next?.soFar ?? null })
}

interface Prepared {
  claimed: ClaimedRun
  stop: AttemptStop
  log: OrderedLog & { step: () => number }
  grants: Grants
  workspace: Workspace
  soFar: SoFar | null
}

/** All is there: the executor has the run until its end. */
async function carryOut(services: AttemptServices, { claimed, stop, log, grants, workspace, soFar }: Prepared): Promise<AttemptOutcome> {
  const { run, agent, ref } = claimed
  const { host, gateway, place, usages, commandTimeoutMs, maxSteps, graceMs, logger } = services
  const { level, redactor, programs } = grants
  const onViolation = (detail: string) => stop.stop({ kind: 'end', reason: 'error', detail, canPass: false })
  const redact = (source: Readable) => source.pipe(redactBytes(redactor))
  const keep = createKeep({ ref, spoolPath: workspace.spoolPath, runUser: place.runUser, artifacts: services.artifacts, redact })
  const broker = createBroker({ log, gateway, manifest: agent.manifest, secrets: grants.secrets, redactor, signal: stop.signal, keep, onViolation })
  const handlers = { ...broker, usage: (usage: RunUsage) => usages.set(run.id, redactUsage(redactor, usage)) }
  const access: RunAccess[] = []
  let ended: AttemptOutcome
  try {
    access.push(await openModelAccess({ gateway, manifest: agent.manifest, runId: run.id, level, place, log, redactor, signal: stop.signal }))
    access.push(await openNetwork({ manifest: agent.manifest, runId: run.id, level, place, rules: services.network, log, redactor }))
    const start = startRun({ claimed, soFar, workspace, access, programs, level, commandTimeoutMs, maxSteps, graceMs })
    ended = await handOver({ host, start, handlers, stop, logger })
  }
  finally {
    usages.forget(run.id)
    await Promise.all(access.map(one => one.close()))
  }
  const outcome = { ...ended, detail: redactor.text(ended.detail) }
  await broker.close()
  await log.flush()
  return broker.hasHopelessModel() ? { ...outcome, canPass: false } : outcome
}

type Made = { ok: true, workspace: Workspace, events: NewEvent[] } | { ok: false, outcome: AttemptOutcome }

async function makeWorkspace(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop, level: IsolationLevel, before: SoFar | null): Promise<Made> {
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
    from: resolved.from,
    mode: agent.manifest.workspace.mode,
    limits,
    canMountReadOnly: level === 'sandbox' || level === 'container',
    protectedPaths: rules.protectedPaths,
    isMade: before?.hasWorkspace === true,
    signal: stop.signal,
  })
  if (!prepared.ok)
    return { ok: false, outcome: { reason: prepared.reason, detail: prepared.detail, canPass: false, survivors: 0 } }
  if (prepared.workspace.isKept)
    return { ok: true, workspace: prepared.workspace, events: [] }
  if (before?.needsWorkspace && before.kept > 0 && prepared.workspace.how !== 'mounted')
    return { ok: false, outcome: { reason: 'interrupted', detail: 'Its workspace is gone, in which commands of it have worked: it cannot go on where it stood.', canPass: false, survivors: 0 } }
  const { how, workspaceMode, files, sizeBytes, notice } = prepared.workspace
  const durationMs = Math.round(performance.now() - startedAt)
  const made = event('workspace.prepared', { from: resolved.from, how, mode: workspaceMode, files, sizeBytes, durationMs, ...(notice && { notice }) })
  return { ok: true, workspace: prepared.workspace, events: [made] }
}

function whyNotWritten(error: unknown): Stop {
  return error instanceof FenceLostError
    ? { kind: 'lost_lease' }
    : { kind: 'end', reason: 'error', detail: `Its log could not be written: ${messageOf(error)}.`, canPass: true }
}

async function cleanUp({ place, logger }: AttemptServices, { run }: ClaimedRun): Promise<void> {
  const problem = await removeTree(folderOfRun(place, run.id))
  if (problem)
    logger.warn({ runId: run.id, problem }, 'the workspace of a run could not be removed; it is tried again at the next start')
}

/**
 * Ends the run, queues it again or parks it, in one transaction with its last events. Nothing is written for a run that is no longer
 * ours. Resolves to whether the run is over.
 */
async function settle({ db, log, logger }: AttemptServices, claimed: ClaimedRun, stop: AttemptStop, outcome: AttemptOutcome): Promise<boolean> {
  if (stop.first?.kind === 'lost_lease')
    return false
  const { run, agent, ref } = claimed
  const { reason, detail, survivors, waitingFor } = outcome
  try {
    if (waitingFor)
      await log.park(ref, { detail, waitingFor })
    else if (isLost(outcome))
      await log.giveBack(ref, { detail })
    else if (mayTryAgain(claimed, outcome))
      await log.retry(ref, { reason, detail, delayMs: retryDelayMs(agent.manifest.retry, run.failures + 1) })
    else
      return await log.end(ref, { reason, detail, survivors }).then(() => true)
    const [now] = await getRuns(db, [run.id]) // one that was to stop has ended instead
    return now === undefined || isFinal(now.status)
  }
  catch (error) {
    if (!(error instanceof FenceLostError))
      logger.error({ err: error, runId: run.id }, 'the end of a run could not be written; its lease runs out, and it is rescued')
    return false
  }
}

/** Its executor or its server went away: that says nothing of the run itself. */
function isLost({ reason, canPass }: AttemptOutcome): boolean {
  return reason === 'interrupted' && canPass
}

function mayTryAgain({ run }: ClaimedRun, { canPass }: AttemptOutcome): boolean {
  return canPass && run.failures + 1 < run.maxAttempts && run.cancelRequestedAt === null
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
