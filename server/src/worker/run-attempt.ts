import type { Readable } from 'node:stream'
import type { SoFar } from '../domain/resume/so-far.ts'
import type { RunUsage } from '../domain/views/run.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { Spender } from '../store/reserve.ts'
import type { Grants } from './attempt-grants.ts'
import type { AttemptServices } from './attempt-services.ts'
import type { AttemptSnapshots } from './attempt-snapshots.ts'
import type { AttemptStop, Stop } from './attempt-stop.ts'
import type { OrderedLog } from './ordered-log.ts'
import type { AttemptOutcome } from './outcome.ts'
import type { RunAccess } from './run-access.ts'
import type { WorkedIn } from './store-workspace.ts'
import type { Workspace } from './workspace/prepare-workspace.ts'
import { createAsk } from '../approvals/of-run.ts'
import { answersOfLostCalls } from '../budgets/lost.ts'
import { createSpending } from '../budgets/spending.ts'
import { nanosOf } from '../domain/budget.ts'
import { reapRun } from '../executor/reap.ts'
import { FenceLostError } from '../store/errors.ts'
import { getRuns } from '../store/runs.ts'
import { afterAnswer } from './after-answer.ts'
import { grant } from './attempt-grants.ts'
import { createBroker } from './broker.ts'
import { goOn, readSoFar } from './go-on.ts'
import { handOver } from './hand-over.ts'
import { createKeep } from './keep-artifact.ts'
import { leave } from './leave-attempt.ts'
import { makeWorkspace } from './make-workspace.ts'
import { openModelAccess } from './open-model-access.ts'
import { createOrderedLog } from './ordered-log.ts'
import { outcomeOfStop, refused } from './outcome.ts'
import { redactBytes } from './redact-bytes.ts'
import { redactUsage } from './redact-usage.ts'
import { openNetwork } from './run-network.ts'
import { startRun } from './start-run.ts'
import { keepWorkspace } from './store-workspace.ts'
import { openWorkerTools } from './tools/worker-tools.ts'
import { watchSteps } from './watch-steps.ts'
import { createRequestWriter } from './write-request.ts'

/** The executor keeps the time limit; this is for one that does not. */
const BACKSTOP_MS = 10_000

/**
 * One attempt of a claimed run, from what the earlier ones have recorded to the last event. Never rejects: however it goes, the run is
 * ended, queued again, parked, or left to whoever holds it now. Its folder is kept for the next attempt, and removed with the run's end.
 * Resolves to whether the run is over.
 */
export async function runAttempt(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop, snapshots: AttemptSnapshots): Promise<boolean> {
  const release = watch(services, claimed, stop)
  const traces = createTraces(workedIn => snapshots.open(signal => keepWorkspace(services, claimed, workedIn, { when: 'asked', signal })))
  const outcome = await perform(services, claimed, stop, traces)
  release()
  await snapshots.close()
  return leave(services, { claimed, stop, outcome, workedIn: traces.workedIn })
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

/** What an attempt leaves, however it went. */
interface Traces { workedIn: WorkedIn | null, workIn: (where: WorkedIn) => void }

function createTraces(onWorkspace: (where: WorkedIn) => void): Traces {
  const traces: Traces = {
    workedIn: null,
    workIn(where) {
      traces.workedIn = where
      onWorkspace(where)
    },
  }
  return traces
}

/** The one place that catches. */
async function perform(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop, traces: Traces): Promise<AttemptOutcome> {
  try {
    return await work(services, claimed, stop, traces)
  }
  catch (error) {
    const stopped = outcomeOfStop(stop)
    if (stopped)
      return stopped
    services.logger.error({ err: error, runId: claimed.run.id }, 'an attempt broke')
    return { reason: 'error', detail: services.ownRedactor.text(`AgentOS could not carry the run out: ${messageOf(error)}.`), canPass: true, survivors: 0 }
  }
}

async function work(services: AttemptServices, claimed: ClaimedRun, stop: AttemptStop, traces: Traces): Promise<AttemptOutcome> {
  const { run, ref } = claimed
  const early = outcomeOfStop(stop)
  if (early)
    return early
  const log = watchSteps(createOrderedLog(events => services.log.append(ref, events), error => stop.stop(whyNotWritten(error))), run.steps + 1)
  const before = await readSoFar(services.db, claimed)
  if (before)
    log.hold(await answersOfLostCalls(services.db, ref))
  if (before)
    await reapRun(run.id) // of a worker that was killed: nothing of it may work in the folder beside us
  const granted = await grant(services, claimed)
  if (!granted.ok)
    return refused(granted.problem)
  const { grants } = granted
  const made = await makeWorkspace(services, { claimed, stop, grants, before })
  const stopped = outcomeOfStop(stop)
  if (stopped)
    return stopped
  if (!made.ok)
    return made.outcome
  traces.workIn({ workspace: made.workspace, from: made.from, redactor: grants.redactor })
  log.hold(made.events)
  const next = before && goOn(before, claimed, { level: grants.level, workspace: made.workspace })
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
  const { manifest } = agent
  const { db, notifier, host, gateway, place, usages, commandTimeoutMs, maxSteps, graceMs, logger } = services
  const { level, redactor, programs } = grants
  const onViolation = (detail: string) => stop.stop({ kind: 'end', reason: 'error', detail, canPass: false })
  const redact = (source: Readable) => source.pipe(redactBytes(redactor))
  const keep = createKeep({ ref, spoolPath: workspace.spoolPath, runUser: place.runUser, artifacts: services.artifacts, redact })
  const opened = await openWorkerTools({
    manifest,
    secrets: grants.secrets,
    ref,
    organisationId: agent.organisationId,
    artifacts: services.artifacts,
    settings: services.network,
    redactor,
    log,
    signal: stop.signal,
  })
  if (!opened.ok)
    return outcomeOfStop(stop) ?? { reason: 'error', detail: opened.detail, canPass: true, survivors: 0 }
  const { tools } = opened
  const exhaust = (detail: string) => stop.stop({ kind: 'end', reason: 'budget_exhausted', detail, canPass: false })
  const spending = createSpending({
    db,
    spender: spenderOf(claimed),
    priceOf: gateway.prices.priceOf,
    isUnmetered: manifest.cost === 'unmetered',
    tell: events => void log.push(events),
    exhaust,
    signal: stop.signal,
  })
  const requests = createRequestWriter({ ref, artifacts: services.artifacts })
  const onExpired = (detail: string) => stop.stop({ kind: 'end', reason: 'approval_expired', detail, canPass: false })
  const askPeople = createAsk({ db, notifier, ref, agentId: run.agentId, expiresMs: manifest.approvals.expiresMs, flush: log.flush, signal: stop.signal })
  const costUsd = async () => {
    await log.flush()
    return (await getRuns(db, [run.id]))[0]?.costUsd ?? 0
  }
  const broker = createBroker({
    log,
    gateway,
    spending,
    manifest,
    level,
    askPeople,
    costUsd,
    secrets: grants.secrets,
    redactor,
    signal: stop.signal,
    keep,
    tools,
    requests,
    onViolation,
    onExpired,
  })
  const handlers = { ...broker, usage: (usage: RunUsage) => usages.set(run.id, redactUsage(redactor, usage)) }
  const access: RunAccess[] = []
  let ended: AttemptOutcome
  try {
    access.push(await openModelAccess({ gateway, spending, manifest, runId: run.id, level, place, log, redactor, requests, signal: stop.signal }))
    access.push(await openNetwork({ manifest, runId: run.id, level, place, rules: services.network, log, redactor }))
    const start = startRun({ tools, claimed, soFar, workspace, access, programs, level, commandTimeoutMs, maxSteps, graceMs })
    ended = await handOver({ host, start, handlers, stop, logger })
  }
  finally {
    usages.forget(run.id)
    await Promise.all([...access, tools].map(one => one.close()))
  }
  const outcome = { ...ended, detail: redactor.text(ended.detail) }
  await broker.close()
  await log.flush()
  const waitingFor = broker.waitingFor()
  if (waitingFor && !stop.first && ended.reason === 'interrupted')
    return { ...outcome, detail: `It waits for leave: ${waitingFor.title}`, waitingFor }
  if (run.isChat)
    return afterAnswer(outcome)
  return broker.hasHopelessModel() ? { ...outcome, canPass: false } : outcome
}

/** Whose budgets the calls of a run fall under. */
function spenderOf({ run, agent, ref }: ClaimedRun): Spender {
  const { costUsd, tokens } = run.limits
  return { ref, organisationId: agent.organisationId, agentId: run.agentId, limits: { nanos: costUsd === null ? null : nanosOf(costUsd), tokens } }
}

function whyNotWritten(error: unknown): Stop {
  return error instanceof FenceLostError
    ? { kind: 'lost_lease' }
    : { kind: 'end', reason: 'error', detail: `Its log could not be written: ${messageOf(error)}.`, canPass: true }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
