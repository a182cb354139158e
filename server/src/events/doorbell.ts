import type { Database } from '../store/database.ts'
import type { BellChannel } from '../store/driver.ts'
import type { Notifier } from './notifier.ts'
import type { WaitingBells } from './remote-bells.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '../store/id.ts'
import { createNotifier } from './notifier.ts'
import { createWaitingBells, ringRemote } from './remote-bells.ts'

export interface Doorbell {
  notifier: Notifier
  /** Whether bells of other processes are heard now; true where there is no other. */
  isHearing: () => boolean
  /** Sends what waits, if the database takes it. Idempotent. */
  stop: () => Promise<void>
}

export interface DoorbellOptions {
  /** How often everybody looks for themselves while no bell is heard. */
  deafMs?: number
  /** The same while bells are heard: nothing is known to get lost. */
  healthyMs?: number
}

const DEAF_MS = 1_000
const HEALTHY_MS = 30_000
const RETRY_MS = 1_000
/** Between two messages: everybody who rings takes turns at the database. */
const GATHER_MS = 5
const STOP_MS = 1_000

/** The notifier of a process. Where other processes have the same database, what is rung here rings there too, and the other way round. */
export function createDoorbell(db: Database, { deafMs = DEAF_MS, healthyMs = HEALTHY_MS }: DoorbellOptions = {}): Doorbell {
  const notifier = createNotifier()
  if (!db.bells)
    return { notifier, isHearing: () => true, stop: async () => {} }
  const sender = newId()
  const outgoing = createOutgoing(db.bells, createWaitingBells(sender))
  let isHearing = false
  let timer = setTimeout(poll, deafMs)

  function poll(): void {
    notifier.missed()
    timer = setTimeout(poll, isHearing ? healthyMs : deafMs)
  }
  function change(now: boolean): void {
    isHearing = now
    clearTimeout(timer)
    poll()
  }

  const stopListening = db.bells.listen({
    heard: text => ringRemote(notifier, sender, text),
    hears: () => change(true),
    deaf: () => change(false),
  })
  let stopping: Promise<void> | null = null
  return {
    notifier: ringingElsewhere(notifier, outgoing.add),
    isHearing: () => isHearing,
    stop: () => stopping ??= stop(),
  }

  async function stop(): Promise<void> {
    await outgoing.stop()
    await stopListening()
    clearTimeout(timer)
  }
}

/** Here at once, elsewhere soon. */
function ringingElsewhere(here: Notifier, add: WaitingBells['add']): Notifier {
  return {
    ...here,
    runChanged(runId, lastSeq) {
      here.runChanged(runId, lastSeq)
      add('run', runId, String(lastSeq))
    },
    runsRemoved(ids) {
      here.runsRemoved(ids)
      add('removed', ...ids)
    },
    agentsChanged() {
      here.agentsChanged()
      add('agents')
    },
    schedulesChanged() {
      here.schedulesChanged()
      add('schedules')
    },
    approvalsChanged() {
      here.approvalsChanged()
      add('approvals')
    },
    queued() {
      here.queued()
      add('queued')
    },
    cancelRequested(runId) {
      here.cancelRequested(runId)
      add('cancel', runId)
    },
    keepRequested(runId) {
      here.keepRequested(runId)
      add('keep', runId)
    },
  }
}

/** One message under way; what is rung meanwhile goes with the next. While the database is away it waits, and is said in one word when it is much. */
function createOutgoing(bells: BellChannel, waiting: WaitingBells): { add: WaitingBells['add'], stop: () => Promise<void> } {
  const stopped = new AbortController()
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    await Promise.resolve() // what else rings in this turn of the loop comes along
    while (!waiting.isEmpty()) {
      const isSent = await bells.send(waiting.take()).then(() => true, () => false)
      if (!isSent && stopped.signal.aborted)
        return
      if (!isSent)
        waiting.add('missed') // which of them arrived, nobody knows
      await sleep(isSent ? GATHER_MS : RETRY_MS, undefined, { signal: stopped.signal }).catch(() => {}) // what waits is sent once more before the end
    }
    running = null
  }

  return {
    add(...bell) {
      waiting.add(...bell)
      if (!stopped.signal.aborted)
        running ??= run()
    },
    async stop() {
      stopped.abort()
      await Promise.race([running, sleep(STOP_MS, undefined, { ref: false })])
    },
  }
}
