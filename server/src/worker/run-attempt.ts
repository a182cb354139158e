import type { Readable } from 'node:stream'
import type { Artifacts } from '../artifacts/artifacts.ts'
import type { NewEvent } from '../domain/event.ts'
import type { HiddenValue, Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { RunUsage } from '../domain/views.ts'
import type { EventLog } from '../events/log.ts'
import type { ExecutorHost } from '../executor/host.ts'
import type { Gateway } from '../models/gateway.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { Vault } from '../secrets/vault.ts'
import type { AttemptStop, Stop } from './attempt-stop.ts'
import type { AttemptOutcome } from './outcome.ts'
import type { RunAccess } from './run-access.ts'
import type { NetworkSettings } from './run-network.ts'
import type { RunUsages } from './run-usages.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import type { WorkspaceRules } from './workspace/resolve-workspace.ts'
import { event } from '../domain/event.ts'
import { createRedactor } from '../domain/redact/redactor.ts'
import { FenceLostError } from '../store/errors.ts'
import { createBroker } from './broker.ts'
import { handOver } from './hand-over.ts'
import { chooseIsolation } from './isolation.ts'
import { createKeep } from './keep-artifact.ts'
import { openModelAccess } from './open-model-access.ts'
import { createOrderedLog } from './ordered-log.ts'
import { outcomeOfStop, refused } from './outcome.ts'
import { findPrograms } from './programs.ts'
import { redactBytes } from './redact-bytes.ts'
import { redactUsage } from './redact-usage.ts'
import { retryDelayMs } from './retry-delay.ts'
import { openNetwork, whyNoNetwork } from './run-network.ts'
import { startRun } from './start-run.ts'
import { watchSteps } from './watch-steps.ts'
import { folderOfRun, prepareWorkspace } from './workspace/prepare-workspace.ts'
import { removeTree } from './workspace/remove-tree.ts'
import { resolveWorkspace } from './workspace/resolve-workspace.ts'

export interface AttemptServices {
  log: EventLog
  gateway: Gateway
  vault: Pick<Vault, 'open'>
  /** The server's own, which no log may hold. */
  ownValues: HiddenValue[]
  /** Knows those; what a run with no secrets needs. */
  ownRedactor: Redactor
  host: ExecutorHost
  artifacts: Artifacts
  place: WorkspacePlace
  rules: WorkspaceRules
  usages: RunUsages
  network: NetworkSettings
  /** What is installed for agents. */
  programsDir: string
  commandTimeoutMs: number
  maxSteps: number
  /** Between SIGTERM and SIGKILL. */
  graceMs: number
  logger: AttemptLogger
}

export interface AttemptLogger {
  warn: (about: object, message: string) => void
  error: (about: object, message: string) => void
}

/** The executor keeps the time limit; this is for one that does not. */
const BACKSTOP_MS = 10_000

/**
 * One attempt of a claimed run, from its workspace to the last event. Never rejects: however it goes, the run is ended,
 * queued again, or left to whoever holds it now.
 */
export async function runAttempt(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop): Promise<void> {
  const release = watch(services, claimed, stop)
  const outcome = await perform(services, claimed, stop)
  // The next attempt may begin as soon as it is queued, in a folder of the same name; nobody waits for the last one's.
  const isLast = stop.first?.kind !== 'lost_lease' && !mayTryAgain(claimed, outcome)
  if (!isLast)
    await cleanUp(services, claimed)
  release()
  await settle(services, claimed, stop, outcome)
  if (isLast)
    await cleanUp(services, claimed)
}

function mayTryAgain({ run, ref }: ClaimedRun, { canPass }: AttemptOutcome): boolean {
  return canPass && ref.attempt < run.maxAttempts && run.cancelRequestedAt === null
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
  const { run, agent, ref } = claimed
  const { host, gateway, place, usages, commandTimeoutMs, maxSteps, graceMs, logger } = services
  const early = outcomeOfStop(stop)
  if (early)
    return early
  const log = watchSteps(createOrderedLog(events => services.log.append(ref, events), error => stop.stop(whyNotWritten(error))), run.steps + 1)

  const wanted = run.isolation ?? agent.manifest.isolation
  const isolation = chooseIsolation(wanted, wanted === 'container' ? await host.proved() : host.levels)
  if (!isolation.ok)
    return refused(isolation.problem)
  const secrets = await services.vault.open(agent.organisationId, agent.manifest.secrets)
  if (!secrets.ok)
    return refused(secrets.problem)
  const redactor = redactorFor(services, secrets.values)
  const unheld = whyNoNetwork(agent.manifest.network, isolation.level)
  if (unheld !== null)
    return refused(unheld)
  const programs = await findPrograms({ names: agent.manifest.programs, dir: services.programsDir, level: isolation.level, runUser: services.place.runUser })
  if (!programs.ok)
    return refused(programs.problem)
  const made = await makeWorkspace(services, claimed, stop, isolation.level)
  const stopped = outcomeOfStop(stop)
  if (stopped)
    return stopped
  if (!made.ok)
    return made.outcome
  log.hold([made.event])

  const onViolation = (detail: string) => stop.stop({ kind: 'end', reason: 'error', detail, canPass: false })
  const redact = (source: Readable) => source.pipe(redactBytes(redactor))
  const keep = createKeep({ ref, spoolPath: made.workspace.spoolPath, runUser: services.place.runUser, artifacts: services.artifacts, redact })
  const broker = createBroker({ log, gateway, manifest: agent.manifest, secrets: secrets.values, redactor, signal: stop.signal, keep, onViolation })
  const handlers = { ...broker, usage: (usage: RunUsage) => usages.set(run.id, redactUsage(redactor, usage)) }
  const { level } = isolation
  const access: RunAccess[] = []
  let ended: AttemptOutcome
  try {
    access.push(await openModelAccess({ gateway, manifest: agent.manifest, runId: run.id, level, place, log, redactor, signal: stop.signal }))
    access.push(await openNetwork({ manifest: agent.manifest, runId: run.id, level, place, rules: services.network, log, redactor }))
    const start = startRun({ claimed, workspace: made.workspace, access, programs, level, commandTimeoutMs, maxSteps, graceMs })
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

function redactorFor({ ownValues, ownRedactor }: AttemptServices, secrets: Record<string, string>): Redactor {
  const hidden = Object.entries(secrets).map(([name, value]) => ({ value, shown: `[secret ${name}]` }))
  return hidden.length === 0 ? ownRedactor : createRedactor([...hidden, ...ownValues])
}

type Made = { ok: true, workspace: Workspace, event: NewEvent } | { ok: false, outcome: AttemptOutcome }

async function makeWorkspace({ place, rules }: AttemptServices, { run, agent }: ClaimedRun, { signal }: AttemptStop, level: IsolationLevel): Promise<Made> {
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
    signal,
  })
  if (!prepared.ok)
    return { ok: false, outcome: { reason: prepared.reason, detail: prepared.detail, canPass: false, survivors: 0 } }
  const { how, workspaceMode, files, sizeBytes, notice } = prepared.workspace
  const durationMs = Math.round(performance.now() - startedAt)
  const made = event('workspace.prepared', { from: resolved.from, how, mode: workspaceMode, files, sizeBytes, durationMs, ...(notice && { notice }) })
  return { ok: true, workspace: prepared.workspace, event: made }
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

/** Ends the run or queues it again, in one transaction with its last events. Nothing is written for a run that is no longer ours. */
async function settle({ log, logger }: AttemptServices, claimed: ClaimedRun, stop: AttemptStop, outcome: AttemptOutcome): Promise<void> {
  if (stop.first?.kind === 'lost_lease')
    return
  const { run, agent, ref } = claimed
  const { reason, detail, survivors } = outcome
  try {
    if (mayTryAgain(claimed, outcome))
      await log.retry(ref, { reason, detail, delayMs: retryDelayMs(agent.manifest.retry, ref.attempt) })
    else
      await log.end(ref, { reason, detail, survivors })
  }
  catch (error) {
    if (!(error instanceof FenceLostError))
      logger.error({ err: error, runId: run.id }, 'the end of a run could not be written; its lease runs out, and it is rescued')
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
