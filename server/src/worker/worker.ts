import type { Artifacts } from '../artifacts/artifacts.ts'
import type { HiddenValue } from '../domain/redact/redactor.ts'
import type { SandboxStatus } from '../domain/views/system.ts'
import type { UsageSource } from '../events/follow-usage.ts'
import type { EventLog } from '../events/log.ts'
import type { Notifier } from '../events/notifier.ts'
import type { ExecutorHost } from '../executor/host.ts'
import type { Gateway } from '../models/gateway.ts'
import type { ClaimedRun, Queue } from '../queue/port.ts'
import type { StreamSealer } from '../secrets/seal-stream.ts'
import type { Vault } from '../secrets/vault.ts'
import type { Database } from '../store/database.ts'
import type { WorkerWatch } from './attempt-services.ts'
import type { AttemptSnapshots } from './attempt-snapshots.ts'
import type { AttemptStop } from './attempt-stop.ts'
import type { KeptWorkspaces } from './kept-workspaces.ts'
import type { Standing } from './left-overs.ts'
import type { NetworkSettings } from './run-network.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import type { WorkspaceRules } from './workspace/resolve-workspace.ts'
import { createRedactor } from '../domain/redact/redactor.ts'
import { isFinal } from '../domain/run.ts'
import { getRuns } from '../store/runs.ts'
import { createAttemptSnapshots } from './attempt-snapshots.ts'
import { createAttemptStop } from './attempt-stop.ts'
import { keepWorkspaces } from './kept-workspaces.ts'
import { removeLeftOvers } from './left-overs.ts'
import { runAttempt } from './run-attempt.ts'
import { createRunUsages } from './run-usages.ts'
import { choosePlace } from './workspace/place.ts'

export interface WorkerOptions {
  db: Database
  notifier: Notifier
  log: EventLog
  queue: Queue
  hosts: ExecutorHost[]
  gateway: Gateway
  artifacts: Artifacts
  sealer: StreamSealer
  vault: Pick<Vault, 'open'>
  /** Keys of the server's own, which no log may hold. */
  ownValues: HiddenValue[]
  rules: WorkspaceRules
  network: NetworkSettings
  config: { commandTimeoutMs: number, maxSteps: number, programsDir: string }
  dataFolder: { workspacesPath: string }
  logger: Record<'info' | 'warn' | 'error', (about: object, message: string) => void>
  watch?: WorkerWatch
  /** How long runs may go on after `stop`, before they are interrupted. */
  drainMs?: number
  /** Between SIGTERM and SIGKILL. */
  graceMs?: number
}

export interface Worker {
  /** Starts executors, clears up after a worker that was killed, then takes runs. Idempotent. */
  start: () => Promise<void>
  /** Takes no more runs, lets the ones that run end, interrupts those that do not. Idempotent. */
  stop: () => Promise<void>
  sandbox: () => SandboxStatus
  /** What the processes of its runs use. */
  usages: UsageSource
}

const DRAIN_MS = 5_000
const GRACE_MS = 5_000
/** After that they have been told to end: SIGTERM, the grace, SIGKILL. */
const INTERRUPT_MS = 10_000

export function createWorker(o: WorkerOptions): Worker {
  const attempts = new Map<string, { stop: AttemptStop, snapshots: AttemptSnapshots, done: Promise<void> }>()
  const loads = new Map(o.hosts.map(host => [host, 0]))
  const ownRedactor = createRedactor(o.ownValues)
  const early = createEarlyCancels()
  const usages = createRunUsages()
  let starting: Promise<void> | null = null
  let stopping: Promise<void> | null = null
  let ignoreBells = () => {}
  let kept: KeptWorkspaces | null = null

  return {
    start: () => starting ??= start(),
    stop: () => stopping ??= stop(),
    sandbox: () => o.hosts[0]!.levels, // at least one executor; all are on this machine
    usages,
  }

  async function start(): Promise<void> {
    void o.gateway.start()
    const place = await choosePlace(o.dataFolder.workspacesPath)
    const workspaces = kept = keepWorkspaces({ ...o, place })
    await Promise.all([...o.hosts.map(host => host.start()), clearUp(place, workspaces), o.artifacts.start()])
    const ignore = [o.notifier.onCancelRequested(cancel), o.notifier.onKeepRequested(runId => attempts.get(runId)?.snapshots.ask())]
    ignoreBells = () => ignore.forEach(stop => stop())
    o.queue.start(claimed => handle(claimed, place, workspaces))
  }

  async function stop(): Promise<void> {
    await starting?.catch(() => {}) // what was started is stopped all the same
    const drainMs = o.drainMs ?? DRAIN_MS
    const timer = setTimeout(interruptAll, drainMs)
    await o.queue.stop({ drainMs: drainMs + INTERRUPT_MS })
    clearTimeout(timer)
    interruptAll()
    await Promise.all([...attempts.values()].map(({ done }) => done))
    ignoreBells()
    kept?.stop()
    await Promise.all(o.hosts.map(host => host.stop()))
  }

  async function handle(claimed: ClaimedRun, place: WorkspacePlace, workspaces: KeptWorkspaces): Promise<void> {
    const { id } = claimed.run
    workspaces.take(id)
    const stop = createAttemptStop()
    const snapshots = createAttemptSnapshots()
    // An attempt that lost its lease may still be clearing up the folder that this one is about to make.
    const before = attempts.get(id)?.done
    const host = leastLoaded()
    loads.set(host, loads.get(host)! + 1)
    const done = Promise.resolve(before)
      .then(() => runAttempt({ ...o, ...o.config, ownRedactor, graceMs: o.graceMs ?? GRACE_MS, host, place, usages }, claimed, stop, snapshots))
      .then(isOver => isOver ? undefined : workspaces.keep(id))
      .finally(() => {
        loads.set(host, loads.get(host)! - 1)
        if (attempts.get(id)?.stop === stop)
          attempts.delete(id)
      })
    attempts.set(id, { stop, snapshots, done })
    if (early.take(id))
      cancel(id)
    await done
  }

  function cancel(runId: string): void {
    const attempt = attempts.get(runId)
    if (attempt)
      attempt.stop.stop({ kind: 'end', reason: 'cancelled', detail: 'Stopped on request.', canPass: false })
    else
      early.add(runId)
  }

  function interruptAll(): void {
    for (const { stop } of attempts.values())
      stop.stop({ kind: 'end', reason: 'interrupted', detail: 'The server was stopped.', canPass: true })
  }

  function leastLoaded(): ExecutorHost {
    return [...loads].reduce((least, next) => next[1] < least[1] ? next : least)[0]
  }

  async function clearUp(place: WorkspacePlace, workspaces: KeptWorkspaces): Promise<void> {
    const found = await removeLeftOvers(place, runIds => standingsOf(o.db, runIds))
    found.kept.forEach(workspaces.keep)
    o.watch?.reapedAtStart(found.killedProcesses)
    if (found.runs.length > 0) {
      o.logger.info({ runs: found.runs, killedProcesses: found.killedProcesses }, 'cleared up after runs that had lost their worker')
      void removeContainers(found.runs)
    }
    for (const problem of found.problems)
      o.logger.warn({ problem }, 'a folder of an ended run could not be removed')
  }

  /** A container ends with its executor: this is for one that did not, and nothing waits for it. */
  async function removeContainers(runIds: string[]): Promise<void> {
    const removed = await o.hosts[0]!.reapContainers(runIds, runId => attempts.has(runId))
    if (removed > 0)
      o.logger.info({ removed }, 'removed containers of runs that had lost their worker')
  }
}

/** On SQLite there is no other worker: what is still called running has lost its own, and is rescued when the queue starts. */
async function standingsOf(db: Database, runIds: string[]): Promise<(runId: string) => Standing> {
  const statuses = new Map((await getRuns(db, runIds)).map(({ id, status }) => [id, status]))
  return (runId) => {
    const status = statuses.get(runId)
    if (status === undefined || isFinal(status))
      return 'over'
    return status === 'running' && db.dialect !== 'sqlite' ? 'elsewhere' : 'goes_on'
  }
}

const MAX_EARLY = 1000

/** A run may be cancelled between its claim and the moment in which we hear of the claim. */
function createEarlyCancels(): { add: (runId: string) => void, take: (runId: string) => boolean } {
  const runs = new Set<string>()
  return {
    add(runId) {
      runs.add(runId)
      if (runs.size > MAX_EARLY)
        runs.delete([...runs][0]!)
    },
    take: runId => runs.delete(runId),
  }
}
