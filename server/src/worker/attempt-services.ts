import type { Artifacts } from '../artifacts/artifacts.ts'
import type { HiddenValue, Redactor } from '../domain/redact/redactor.ts'
import type { EventLog } from '../events/log.ts'
import type { Notifier } from '../events/notifier.ts'
import type { ExecutorHost } from '../executor/host.ts'
import type { Gateway } from '../models/gateway.ts'
import type { StreamSealer } from '../secrets/seal-stream.ts'
import type { Vault } from '../secrets/vault.ts'
import type { Database } from '../store/database.ts'
import type { NetworkSettings } from './run-network.ts'
import type { RunUsages } from './run-usages.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import type { WorkspaceRules } from './workspace/resolve-workspace.ts'

export interface AttemptServices {
  db: Database
  notifier: Notifier
  log: EventLog
  gateway: Gateway
  vault: Pick<Vault, 'open'>
  /** The server's own, which no log may hold. */
  ownValues: HiddenValue[]
  /** Knows those; what a run with no secrets needs. */
  ownRedactor: Redactor
  host: ExecutorHost
  artifacts: Artifacts
  /** For folders that go to another machine. */
  sealer: StreamSealer
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
  watch?: WorkerWatch
}

/** Hears of what a worker meets; nothing waits for it. */
export interface WorkerWatch {
  /** A run was taken away from this worker while it ran it. */
  leaseLost: () => void
  /** Processes of a server that was gone, which had to be killed. */
  reapedAtStart: (processes: number) => void
}

export interface AttemptLogger {
  warn: (about: object, message: string) => void
  error: (about: object, message: string) => void
}
