import type { RunEventMetrics } from './run-events.ts'
import type { ServerMetrics } from './server-metrics.ts'
import type { StoredFigures } from './stored-figures.ts'
import type { WorkerMetrics } from './worker-metrics.ts'
import { collectDefaultMetrics } from 'prom-client'
import { createInstruments, SHORT_BUCKETS } from './instruments.ts'
import { createRunEvents } from './run-events.ts'
import { createServerMetrics } from './server-metrics.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

/** What is asked once at each scrape. None of it may take long or throw. */
export interface Figures {
  /** null: the database does not answer. A worker alone does not ask it. */
  stored: () => Promise<StoredFigures | null>
  isDatabaseUp: () => Promise<boolean>
  sockets: () => number
  waitingBytes: () => number
  isScheduling: () => boolean
  slots: () => number
  busy: () => number
  /** Of the disk that has the data folder. */
  disk: () => Promise<{ freeBytes: number, sizeBytes: number } | null>
}

/** What is done with a statement: `append` is all of it, from the call to the commit. */
export type DatabaseOperation = 'append' | 'write' | 'read' | 'model'

export interface MetricsOptions {
  version: string
  role: 'all' | 'server' | 'worker'
  /** The providers of models that are known here. */
  providers: string[]
  /** Under which name this process claims runs. */
  worker: () => string
  figures: Figures
}

/** Metrics observe: who composes the process hands these hooks to what they watch, and nobody waits for them. */
export interface Metrics extends RunEventMetrics, Pick<ServerMetrics, 'sent'>, Omit<WorkerMetrics, 'set' | 'ofEvents'> {
  /** The database was asked; `failure` is the code of its error. */
  asked: (operation: DatabaseOperation, durationMs: number, failure: string | null) => void
  scrape: () => Promise<{ contentType: string, text: string }>
}

export function createMetrics({ version, role, providers, worker, figures }: MetricsOptions): Metrics {
  const instruments = createInstruments()
  const { registry, counter, gauge, histogram } = instruments
  gauge('agentos_build_info', 'Always 1; the labels say which version runs, and as what', ['version', 'role']).set({ version, role }, 1)
  const databaseUp = gauge('agentos_database_up', '1 when the database answered this scrape, else 0')
  const database = histogram('agentos_database_duration_seconds', 'What the database took: read and write are single statements and transactions, model what Prisma asks, append all of an append to logs, its write and its wait for others included', SHORT_BUCKETS, ['operation'])
  const failures = counter('agentos_database_errors_total', 'Statements that the database is to blame for, by what was wrong', ['code'])
  const free = gauge('agentos_data_folder_free_bytes', 'Free on the disk that has the data folder')
  const size = gauge('agentos_data_folder_size_bytes', 'All of that disk')
  for (const code of ['busy', 'full', 'unreachable'])
    failures.inc({ code }, 0)
  // A process says nothing of what it does not do.
  const ofServer = role === 'worker' ? null : createServerMetrics(instruments)
  const ofWorker = role === 'server' ? null : createWorkerMetrics(instruments, { providers })
  const runs = createRunEvents(instruments, { worker, others: ofWorker?.ofEvents ?? {} })
  let hasDefaults = false

  return {
    ...runs,
    sent: lagMs => ofServer?.sent(lagMs),
    claimed: waitedMs => ofWorker?.claimed(waitedMs),
    leaseLost: () => ofWorker?.leaseLost(),
    executorStarted: () => ofWorker?.executorStarted(),
    executorDied: () => ofWorker?.executorDied(),
    asked(operation, durationMs, failure) {
      database.observe({ operation }, durationMs / 1000)
      if (failure !== null)
        failures.inc({ code: failure })
    },

    async scrape() {
      // Its lag monitor wakes the process again and again; a server that nobody scrapes rests.
      if (!hasDefaults)
        collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 })
      hasDefaults = true

      const [isUp, stored, disk] = await Promise.all([figures.isDatabaseUp(), ofServer ? figures.stored() : null, figures.disk()])
      databaseUp.set(isUp ? 1 : 0)
      ofServer?.set({ sockets: figures.sockets(), waitingBytes: figures.waitingBytes(), isScheduling: figures.isScheduling(), stored })
      ofWorker?.set({ slots: figures.slots(), busy: figures.busy() })
      if (disk) {
        free.set(disk.freeBytes)
        size.set(disk.sizeBytes)
      }
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}
