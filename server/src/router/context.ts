import type { Readable } from 'node:stream'
import type { Manifest } from '../domain/manifest/manifest.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { ModelTestResult, Overview, ProviderView, WorkerView } from '../domain/views/system.ts'
import type { UsageSource } from '../events/follow-usage.ts'
import type { Notifier } from '../events/notifier.ts'
import type { Vault } from '../secrets/vault.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'

/** What every procedure is handed: who asks, over which connection, and what the server can do for them. */
export interface Context extends RouterServices {
  /** null only where nobody has signed in; every procedure refuses that before it reads its input. */
  actor: Actor | null
  /** The WebSocket of a subscription; null over HTTP. */
  connection: Connection | null
}

/** Built once by app.ts, so that the router knows neither worker nor models nor executor. */
export interface RouterServices {
  db: Database
  notifier: Notifier
  /** Where bytes are by their hash. */
  artifacts: {
    removeUnused: (sha256s: string[]) => Promise<void>
    /** Null when they are not here. */
    read: (sha256: string) => Promise<{ sizeBytes: number, stream: (range: { start: number, end: number }) => Readable } | null>
  }
  version: string
  /** The providers of models. `priceLists`: which lists say what they cost, the first one first. */
  models: {
    providers: () => ProviderView[]
    list: (provider: string) => Promise<{ models: string[] } | { problem: string }>
    test: (model: string) => Promise<ModelTestResult>
    priceLists: string[]
  }
  /** Why a run of this manifest would be refused now, in a sentence for a person; null when it may run. */
  refuse: (manifest: Manifest, asked?: { isolation?: IsolationLevel | null }) => string | null
  /** Values go in; a procedure never opens one. */
  secrets: Omit<Vault, 'open'>
  /** The host folder that a run starts from, links resolved and held against AGENTOS_WORKSPACE_ROOTS. */
  resolveWorkspace: (asked: WorkspaceAsked) => Promise<{ ok: true, from: string | null } | { ok: false, problem: string }>
  listWorkspaces: (under: string | null) => Promise<WorkspaceList | { problem: string }>
  overview: (organisationId: string) => Promise<Overview>
  /** Every server and worker that is known, the newest first, with the organisation's runs that it has. */
  workers: (organisationId: string) => Promise<WorkerView[]>
  /** Asks one to take no more runs, for good. Resolves to whether there is such a one that has not stopped. */
  drainWorker: (id: string) => Promise<boolean>
  /** What the processes of running runs use. */
  usages: UsageSource
  /** A fresh one-time link that signs a browser in. */
  mintSignInLink: () => string
  /** A batch of live events goes to a socket, so long after the oldest of them was made. */
  sent: (lagMs: number) => void
  /** Bounds how many logs are replayed at once, so that a thousand clients that come back do not stall the loop. */
  replay: Gate
}

export interface WorkspaceAsked {
  manifest: Manifest
  /** Where the manifest lies; a relative folder of it counts from there. */
  manifestPath: string | null
  task: string
  inputs: Record<string, string | number | boolean>
  /** A folder that overrides the manifest's. */
  given: string | null
}

export interface WorkspaceList {
  /** Folders that a run may start from, or from below. */
  roots: string[]
  folders: { path: string, name: string, isRepository: boolean }[]
}

export interface Gate {
  /** Waits its turn (first come, first served), runs `work`, and lets the next one in. */
  pass: <T>(work: () => Promise<T>) => Promise<T>
}

/** One socket, as far as a subscription has to know it. */
export interface Connection {
  /** Takes one of the socket's places for subscriptions; null when all are taken. Call what comes back when it ends. */
  subscribe: () => (() => void) | null
  /** Resolves once little enough is waiting to be sent, so that a slow reader makes the writer wait instead of filling memory. */
  drained: (signal: AbortSignal) => Promise<void>
}
