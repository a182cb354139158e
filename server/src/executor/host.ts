import type { SandboxStatus } from '../domain/views/system.ts'
import type { ExecutorConnection } from './connection.ts'
import type { ContainerRuns } from './container-runs.ts'
import type { ExecutorHost, ExecutorHostOptions, LostRun, RunHandlers } from './host-contract.ts'
import type { CancelRun, StartRun } from './protocol/input.ts'
import type { RunOutcome } from './protocol/output.ts'
import type { LevelTable } from './sandbox/layout.ts'
import { connectExecutor } from './connection.ts'
import { createContainerRuns } from './container-runs.ts'
import { reapRun } from './reap.ts'

export type { ExecutorHost, ExecutorHostOptions, LostRun, RunHandlers } from './host-contract.ts'

const FIRST_RESTART_MS = 50
const LAST_RESTART_MS = 5000
/** An executor that lived so long was healthy: the next one need not wait. */
const HEALTHY_MS = 10_000

export function createExecutorHost(o: ExecutorHostOptions): ExecutorHost {
  const log = o.log ?? (() => {})
  const containers = o.engine ? null : createContainerRuns(o, createExecutorHost)
  let levels: SandboxStatus = { default: 'process', levels: [] }
  let connection: ExecutorConnection | null = null
  let starting: Promise<void> | null = null
  let restartTimer: NodeJS.Timeout | null = null
  let restartMs = FIRST_RESTART_MS
  let isStopped = true
  /** Runs that wait for an executor, and what has cancelled them meanwhile. */
  const waiting = new Map<string, Pick<CancelRun, 'reason' | 'detail'> | null>()

  return {
    start,
    stop,
    run,
    cancel,
    get levels() {
      return withContainers()
    },
    async proved() {
      await Promise.all([starting?.catch(() => {}), containers?.start()])
      return withContainers()
    },
    pidFor: level => (level === 'container' && containers ? containers.started : connection)?.pid ?? null,
    reapContainers: async (runIds, isRunning) => await containers?.reap(runIds, isRunning) ?? 0,
    get pid() {
      return connection?.pid ?? null
    },
  }

  function start(): Promise<void> {
    isStopped = false
    starting ??= launch()
    return starting
  }

  async function stop(): Promise<void> {
    isStopped = true
    if (restartTimer)
      clearTimeout(restartTimer)
    restartTimer = null
    starting = null
    await Promise.all([connection?.close(), containers?.stop()])
  }

  async function run(start: StartRun, handlers: RunHandlers, signal?: AbortSignal): Promise<RunOutcome | LostRun> {
    const { runId } = start
    const onAbort = () => cancel(runId, 'cancelled', String(signal?.reason ?? 'cancelled'))
    waiting.set(runId, null)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted)
      onAbort()
    const settled = await (start.sandbox.level === 'container' && containers ? inContainer(start, handlers, containers) : handOver(start, handlers))
    signal?.removeEventListener('abort', onAbort)
    if ('lost' in settled)
      await reapRun(runId, o.cgroup?.tree)
    return settled
  }

  async function inContainer(start: StartRun, handlers: RunHandlers, containers: ContainerRuns): Promise<RunOutcome | LostRun> {
    const other = await containers.host()
    const cancelled = waiting.get(start.runId)
    waiting.delete(start.runId)
    if (!other)
      return { reason: 'refused', detail: `Isolation container cannot be had here: ${containers.level.missing}.`, canPass: false, survivors: 0 }
    const outcome = other.run(start, handlers)
    if (cancelled)
      other.cancel(start.runId, cancelled.reason, cancelled.detail)
    const settled = await outcome
    if ('lost' in settled)
      await containers.reap([start.runId], () => false)
    return settled
  }

  /** The executor's own row says only that it does not know of containers. */
  function withContainers(): SandboxStatus {
    return containers ? { ...levels, levels: levels.levels.map(one => one.level === 'container' ? containers.level : one) } : levels
  }

  async function handOver(start: StartRun, handlers: RunHandlers): Promise<RunOutcome | LostRun> {
    const failure = await starting?.then(() => null, (error: Error) => error.message)
    const cancelled = waiting.get(start.runId)
    waiting.delete(start.runId)
    if (failure || !connection)
      return { lost: true, detail: failure ? `no executor could be started: ${failure}` : 'the executor is stopped' }
    const outcome = connection.run(start, handlers)
    if (cancelled)
      connection.cancel(start.runId, cancelled.reason, cancelled.detail)
    return outcome
  }

  function cancel(runId: string, reason: CancelRun['reason'], detail: string): void {
    if (waiting.has(runId))
      waiting.set(runId, waiting.get(runId) ?? { reason, detail })
    else
      [connection, containers?.started].forEach(one => one?.cancel(runId, reason, detail))
  }

  async function launch(): Promise<void> {
    const startedAt = performance.now()
    const next = connectExecutor({ ...o, log })
    connection = next
    o.watch?.executorStarted()
    void next.died.then((detail) => {
      if (connection === next)
        connection = null
      if (isStopped)
        return
      o.watch?.executorDied()
      log(`executor ${next.pid} died: ${detail}`)
      scheduleRestart(performance.now() - startedAt)
    })
    const table = await next.ready
    levels = statusOf(table)
    if (!o.asksEngineLate)
      void containers?.start() // When the processor is free again.
  }

  function scheduleRestart(livedMs: number): void {
    restartMs = livedMs > HEALTHY_MS ? FIRST_RESTART_MS : Math.min(restartMs * 2, LAST_RESTART_MS)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => {}) // Each run that waits for it hears of it.
    starting = promise
    restartTimer = setTimeout(() => {
      restartTimer = null
      launch().then(resolve, reject)
    }, restartMs)
  }
}

function statusOf(levels: LevelTable): SandboxStatus {
  return { default: levels.some(one => one.level === 'sandbox' && one.proven) ? 'sandbox' : 'process', levels }
}
