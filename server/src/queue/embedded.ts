import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Database } from '../store/database.ts'
import type { RunRef } from '../store/run-append.ts'
import type { ClaimedRun, Queue } from './port.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { gather } from '../events/gather.ts'
import { getAgentVersion } from '../store/agents.ts'
import { claimRuns, lookForDue, nextDueMs } from '../store/claim.ts'
import { stillHeld } from '../store/leases.ts'
import { getRuns } from '../store/runs.ts'
import { hostOfWorker } from '../store/worker-name.ts'
import { createAlarm } from './alarm.ts'
import { createHeartbeat } from './heartbeat.ts'
import { rescue, take } from './rescue.ts'

export interface EmbeddedQueueOptions {
  db: Database
  notifier: Notifier
  /** Names this process to a person; it is made unique among all processes that ever were. */
  workerId: string
  slots: number
  /** How long a worker may be silent before its runs are taken away. */
  leaseMs?: number
  /** Where other processes have the database: how often it is looked whether one of them is gone. */
  lookMs?: number
  watch?: QueueWatch
}

/** Hears of what the queue does; nothing waits for it. */
export interface QueueWatch {
  /** `waitedMs`: since the run was submitted; null when this is not its first attempt. */
  claimed: (waitedMs: number | null) => void
}

const LEASE_MS = 30_000
const LOOK_MS = 10_000
const LEFT_AT_ONCE = 200
/** After a failure of the database. */
const RETRY_MS = 1_000

type Handler = (claimed: ClaimedRun) => Promise<void>

/**
 * The queue inside the server. It claims when it is told that something was queued, when a slot gets free, and at the moment in which
 * the next delayed run is due; with nothing to do it leaves the database alone.
 */
export function createEmbeddedQueue({ db, notifier, workerId, slots, leaseMs = LEASE_MS, lookMs = LOOK_MS, watch }: EmbeddedQueueOptions): Queue {
  const worker = `${workerId}:${Date.now().toString(36)}`
  const isAlone = db.dialect === 'sqlite' // one machine has everything, whatever it is called now
  const host = isAlone ? null : hostOfWorker(worker)
  const running = new Set<Promise<void>>()
  const heartbeat = createHeartbeat({ db, notifier, worker, leaseMs })
  const due = createAlarm(wake)
  const rescueDue = createAlarm(() => void look())
  const isLeft = gather(async (runIds: string[]) => {
    const held = await stillHeld(db, worker, runIds)
    return runIds.map(id => held.has(id))
  }, LEFT_AT_ONCE)
  let handler: Handler | null = null
  let isStopped = false
  let isDraining = false
  let claiming: Promise<void> | null = null
  let isWoken = false
  let stops: (() => void)[] = []
  let stopping: Promise<void> | null = null

  function start(handle: Handler): void {
    if (handler || isStopped)
      return
    handler = handle
    stops = [
      notifier.onQueued(wake),
      notifier.onMissed(() => {
        heartbeat.beat()
        wake()
      }),
    ]
    void look()
  }

  /** Looks after runs whose worker is gone, and again when the next lease may have run out. Another process may claim, and go, at any time. */
  async function look(): Promise<void> {
    const next = await rescue({ db, notifier }, { worker, isAlone, isHeld: heartbeat.has })
      .then(({ nextMs }) => nextMs, () => RETRY_MS)
    if (isStopped)
      return
    if (next !== null || !isAlone)
      rescueDue.set(Math.min(next ?? lookMs, isAlone ? Number.POSITIVE_INFINITY : lookMs) + 10)
    wake() // what it has queued again may have been said to nobody, when the answer was lost
  }

  function wake(): void {
    isWoken = true
    if (claiming || isStopped || isDraining || slots === 0 || !handler)
      return
    claiming = claimWhileWoken(handler).finally(() => {
      claiming = null
      if (isWoken && running.size < slots)
        wake() // it was woken between its last look and now
    })
  }

  async function claimWhileWoken(handle: Handler): Promise<void> {
    while (isWoken && running.size < slots) {
      isWoken = false
      await claim(handle).catch(() => {
        due.set(RETRY_MS)
        rescueDue.set(RETRY_MS) // its answer may have been lost: what it took all the same is nobody's, and its lease runs out
      })
    }
  }

  async function claim(handle: Handler): Promise<void> {
    if (isStopped || isDraining)
      return
    const free = slots - running.size
    const look = await lookForDue(db)
    const { isAny, isAnyLimited } = look
    const refs = isAny ? await claimRuns(db, { worker, slots: free, leaseMs, host, isAnyLimited }) : []
    const signals = new Map(refs.map(ref => [ref.runId, heartbeat.add(ref)]))
    for (const claimed of await describe(refs, signals))
      run(handle, claimed)
    if (refs.length === free)
      return // a slot that gets free looks again
    isWoken ||= refs.length > 0 // what waited behind one of these may go now
    const nextMs = await nextDueMs(db, look.atMs)
    if (nextMs === null)
      due.clear()
    else if (!isStopped)
      due.set(nextMs)
  }

  /** When what was claimed cannot be read, it is given up, and rescued when its lease has run out. */
  async function describe(refs: RunRef[], signals: Map<string, AbortSignal>): Promise<ClaimedRun[]> {
    try {
      const runs = await getRuns(db, refs.map(({ runId }) => runId))
      const agents = await Promise.all(runs.map(({ agentId, agentVersion }) => getAgentVersion(db, agentId, agentVersion)))
      // Each was claimed, and names a version that is kept.
      return runs.map((run, index) => ({
        run,
        ref: refs.find(ref => ref.runId === run.id)!,
        agent: agents[index]!,
        lostLease: signals.get(run.id)!,
      }))
    }
    catch (error) {
      refs.forEach(heartbeat.remove)
      rescueDue.set(leaseMs)
      throw error
    }
  }

  function run(handle: Handler, claimed: ClaimedRun): void {
    const { run: { id, lastSeq, createdAt }, ref } = claimed
    notifier.runChanged(id, lastSeq)
    watch?.claimed(ref.attempt === 1 ? Math.max(0, Date.now() - Date.parse(createdAt)) : null)
    const done = Promise.resolve(handle(claimed))
      .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
      .then(() => giveBack(claimed.ref))
      .finally(() => {
        running.delete(done)
        wake()
        if (mayHoldBack(claimed.agent.manifest))
          notifier.queued() // another worker may have the slot for what waited behind it
      })
    running.add(done)
  }

  /** A run that its handler left without an outcome, whatever the reason, must not be running for ever. */
  async function giveBack(ref: RunRef): Promise<void> {
    heartbeat.remove(ref)
    try {
      if (await isLeft(ref.runId))
        await take({ db, notifier }, ref, 'Its attempt came to no end.')
    }
    catch {
      if (!isStopped)
        rescueDue.set(leaseMs)
    }
  }

  async function stop(drainMs: number): Promise<void> {
    isStopped = true
    stops.forEach(stop => stop())
    due.clear()
    rescueDue.clear()
    await claiming // what it has taken is run, too
    const enough = new AbortController()
    await Promise.race([Promise.all(running), sleep(drainMs, undefined, { signal: enough.signal }).catch(() => {})])
    enough.abort()
    heartbeat.stop()
  }

  return {
    start,
    stop: ({ drainMs = 0 } = {}) => stopping ??= stop(drainMs),
    drain: () => void (isDraining = true),
    worker,
    slots,
    get busy() {
      return running.size
    },
  }
}

function mayHoldBack({ concurrency, concurrencyPer }: Manifest): boolean {
  return concurrency !== null || concurrencyPer.user !== null || concurrencyPer.key !== null
}
