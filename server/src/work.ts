import type { Logger } from 'pino'
import type { Artifacts } from './artifacts/artifacts.ts'
import type { Config } from './config/config.ts'
import type { DataFolder } from './config/data-folder.ts'
import type { SandboxStatus } from './domain/views/system.ts'
import type { UsageSource } from './events/follow-usage.ts'
import type { EventLog } from './events/log.ts'
import type { Notifier } from './events/notifier.ts'
import type { ExecutorWatch } from './executor/host-contract.ts'
import type { Gateway } from './models/gateway.ts'
import type { Parts } from './parts.ts'
import type { QueueWatch } from './queue/embedded.ts'
import type { Queue } from './queue/port.ts'
import type { Vault } from './secrets/vault.ts'
import type { Database } from './store/database.ts'
import type { WorkerWatch } from './worker/attempt-services.ts'
import type { Presence } from './worker/presence.ts'
import type { WorkspaceRules } from './worker/workspace/resolve-workspace.ts'
import process from 'node:process'
import { delegateCgroup } from './executor/delegate-cgroup.ts'
import { createExecutorHost } from './executor/host.ts'
import { ownValues } from './own-values.ts'
import { createEmbeddedQueue } from './queue/embedded.ts'
import { createStreamSealer } from './secrets/seal-stream.ts'
import { VERSION } from './version.ts'
import { createPresence } from './worker/presence.ts'
import { createRunUsages } from './worker/run-usages.ts'
import { createWorker } from './worker/worker.ts'

export interface WorkOptions {
  config: Config
  dataFolder: DataFolder
  rules: WorkspaceRules
  db: Database
  notifier: Notifier
  log: EventLog
  gateway: Gateway
  artifacts: Artifacts
  vault: Pick<Vault, 'open'>
  /** Where this process listens, once it does. */
  apiPort: () => number
  apiHosts: string[]
  /** Takes no runs. */
  isOnlyLooking: boolean
  /** It lives for one command. */
  isForOneCommand: boolean
  logger: Logger
  watch: QueueWatch & ExecutorWatch & WorkerWatch
}

/** What this process does with runs: everything, or for a server that has its workers elsewhere only what keeps the queue going. */
export interface Work {
  queue: Queue
  presence: Presence
  /** What this machine gives; null where nothing runs. */
  sandbox: () => SandboxStatus | null
  usages: UsageSource
  start: () => Promise<void>
  /** Takes no more runs, lets the ones that run end, interrupts those that do not, and says good-bye. */
  stop: () => Promise<void>
}

export async function createWork(o: WorkOptions, parts: Parts): Promise<Work> {
  const { config, db, notifier, logger, watch } = o
  const isWorker = config.role !== 'server'
  const slots = isWorker && !o.isOnlyLooking ? config.maxAgents : 0
  const queue = createEmbeddedQueue({ db, notifier, workerId: `${o.dataFolder.host}:${process.pid}`, slots, leaseMs: config.leaseMs, watch })
  const worker = isWorker ? await createOwnWorker(o, queue, parts) : null
  const presence = createPresence({
    db,
    facts: () => ({
      id: queue.worker,
      host: o.dataFolder.host,
      pid: process.pid,
      role: config.role,
      version: VERSION,
      slots,
      busy: queue.busy,
      executors: worker ? config.executors : 0,
      sandbox: worker ? worker.sandbox() : null,
    }),
    onDrain() {
      queue.drain()
      logger.info({ running: queue.busy }, 'takes no more runs')
    },
  })

  return {
    queue,
    presence,
    sandbox: () => worker ? worker.sandbox() : null,
    usages: worker?.usages ?? createRunUsages(),
    async start() {
      if (worker)
        await worker.start()
      else
        queue.start(async () => {}) // it has no slot; it takes runs away from workers that are gone
      if (!o.isOnlyLooking)
        await presence.start()
    },
    async stop() {
      await presence.drain()
      await (worker ? worker.stop() : queue.stop())
      await presence.stop()
    },
  }
}

async function createOwnWorker({ config, dataFolder, rules, ...o }: WorkOptions, queue: Queue, parts: Parts) {
  const { cgroup, killedProcesses } = await delegateCgroup(rules.runUser)
  parts.add(() => cgroup?.release())
  o.watch.reapedAtStart(killedProcesses)
  if (killedProcesses > 0)
    o.logger.warn({ killedProcesses }, 'processes of a server that is gone were still running, and were killed')
  const host = { runAs: rules.runUser, cgroup, asksEngineLate: o.isForOneCommand, watch: o.watch, log: (line: string) => o.logger.warn(line) }
  const hosts = Array.from({ length: config.executors }, () => createExecutorHost(host))
  const network = { apiPort: o.apiPort, apiHosts: o.apiHosts, mcpPrivateHosts: config.mcpPrivateHosts, gitPrivateHosts: config.gitPrivateHosts }
  const sealer = createStreamSealer(dataFolder.secretKey)
  return createWorker({ ...o, queue, sealer, hosts, ownValues: ownValues(config, dataFolder), rules, network, config, dataFolder })
}
