import type { SandboxStatus, WorkerView } from '../domain/views/system.ts'
import type { Database } from '../store/database.ts'
import type { KnownWorker, WorkerFacts } from '../store/workers.ts'
import { isolationOf, listWorkers, markWorker, removeGoneWorkers, reportWorker, runsOfWorkers } from '../store/workers.ts'

export interface PresenceOptions {
  db: Database
  /** As it is at this moment. */
  facts: () => WorkerFacts
  /** Somebody wants this process to take no more runs. Called once. */
  onDrain: () => void
  beatMs?: number
}

/** Makes this process known to the others of its database, and them to it. On SQLite it is alone, and nothing is written. */
export interface Presence {
  /** Idempotent. */
  start: () => Promise<void>
  /** This process takes no more runs. */
  drain: () => Promise<void>
  /** Asks another process to take no more runs; it does so at its next heartbeat. Resolves to whether there is such a one. */
  drainOther: (id: string) => Promise<boolean>
  /** Good-bye. Idempotent. */
  stop: () => Promise<void>
  list: (organisationId: string) => Promise<KnownWorker[]>
}

const BEAT_MS = 10_000
const CLEAN_MS = 3_600_000

export function createPresence({ db, facts, onDrain, beatMs = BEAT_MS }: PresenceOptions): Presence {
  const isAlone = db.dialect === 'sqlite'
  const startedAt = new Date().toISOString()
  let timer: NodeJS.Timeout | undefined
  let cleanedAt = Number.NEGATIVE_INFINITY
  let isDraining = false
  let isStarted = false
  let stopping: Promise<void> | null = null

  function noteDrain(): void {
    if (!isDraining)
      onDrain()
    isDraining = true
  }

  /** A database that is away finds us late; the next beat tells it. */
  async function beat(): Promise<void> {
    try {
      if ((await reportWorker(db, facts())).isDraining)
        noteDrain()
      if (performance.now() - cleanedAt > CLEAN_MS) {
        cleanedAt = performance.now()
        await removeGoneWorkers(db)
      }
    }
    catch {}
    if (!stopping)
      timer = setTimeout(() => void beat(), beatMs)
  }

  async function mark(word: 'draining' | 'stopped'): Promise<void> {
    if (isStarted && !isAlone)
      await markWorker(db, facts().id, word).catch(() => {}) // its heartbeat gets old instead
  }

  return {
    async start() {
      if (isStarted)
        return
      isStarted = true
      if (!isAlone)
        await beat()
    },
    async drain() {
      noteDrain()
      await mark('draining')
    },
    async drainOther(id) {
      if (!isAlone)
        return markWorker(db, id, 'draining')
      if (id !== facts().id)
        return false
      noteDrain()
      return true
    },
    stop: () => stopping ??= (async () => {
      clearTimeout(timer)
      await mark('stopped')
    })(),
    list: organisationId => isAlone ? listSelf(organisationId) : listWorkers(db, organisationId),
  }

  async function listSelf(organisationId: string): Promise<KnownWorker[]> {
    const { executors, sandbox, ...self } = facts()
    const { level, by } = isolationOf(sandbox)
    const runs = (await runsOfWorkers(db, organisationId)).get(self.id) ?? []
    const view: WorkerView = { ...self, isolation: level, isolationBy: by, startedAt, heartbeatAt: new Date().toISOString(), state: isDraining ? 'draining' : 'up', runs }
    return [{ view, executors, sandbox }]
  }
}

/** What workers give, of all that are up: each level as the first one has it that has proved it. */
export function sandboxOf(workers: KnownWorker[]): SandboxStatus {
  const tables = workers.flatMap(({ view, sandbox }) => view.state === 'up' && sandbox ? [sandbox] : [])
  const levels = (tables[0]?.levels ?? []).map(first =>
    tables.flatMap(table => table.levels.filter(one => one.level === first.level && one.proven))[0] ?? first)
  return { default: levels.some(one => one.level === 'sandbox' && one.proven) ? 'sandbox' : 'process', levels }
}
