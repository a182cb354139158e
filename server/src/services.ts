import type { Config } from './config/config.ts'
import type { DataFolder } from './config/data-folder.ts'
import type { SandboxStatus } from './domain/views.ts'
import type { UsageSource } from './events/follow-usage.ts'
import type { Notifier } from './events/notifier.ts'
import type { Gateway } from './models/gateway.ts'
import type { Queue } from './queue/port.ts'
import type { RouterServices } from './router/context.ts'
import type { Vault } from './secrets/vault.ts'
import type { Database } from './store/database.ts'
import type { WorkspaceRules } from './worker/workspace/resolve-workspace.ts'
import { join } from 'node:path'
import { createGate } from './router/gate.ts'
import { nextTicks } from './schedules/schedule-view.ts'
import { ping } from './store/database.ts'
import { overviewFigures } from './store/overview.ts'
import { VERSION } from './version.ts'
import { createRefusals } from './worker/refusal.ts'
import { listWorkspaces } from './worker/workspace/list-workspaces.ts'
import { runUser } from './worker/workspace/place.ts'
import { resolveWorkspace } from './worker/workspace/resolve-workspace.ts'

/** Logs that are read at the same time when many readers come back at once. */
const REPLAYS = 16

export interface ServicesOptions {
  config: Config
  rules: WorkspaceRules
  db: Database
  notifier: Notifier
  artifacts: RouterServices['artifacts']
  gateway: Gateway
  queue: Queue
  vault: Vault
  sandbox: () => SandboxStatus
  usages: UsageSource
  mintSignInLink: () => string
}

/** What the router is handed, so that it needs to know neither worker nor models. */
export function createServices(o: ServicesOptions): RouterServices {
  const { config, rules, db, notifier, artifacts, gateway, queue, vault, sandbox, usages, mintSignInLink } = o
  return {
    db,
    notifier,
    artifacts,
    version: VERSION,
    secrets: { set: vault.set, list: vault.list, names: vault.names, remove: vault.remove },
    refuse: createRefusals({ gateway, sandbox, programsDir: config.programsDir }),
    resolveWorkspace: asked => resolveWorkspace(rules, asked),
    listWorkspaces: under => listWorkspaces(rules, under),
    usages,
    mintSignInLink,
    replay: createGate(REPLAYS),
    async overview(organisationId) {
      const [latencyMs, figures, next] = await Promise.all([ping(db), overviewFigures(db, organisationId), nextTicks(db, organisationId)])
      return {
        ...figures,
        version: VERSION,
        database: { dialect: db.dialect, latencyMs },
        sandbox: sandbox(),
        workers: { slots: queue.slots, busy: queue.busy, executors: config.executors },
        models: { configured: gateway.configured(), howTo: gateway.howTo() },
        nextTicks: next,
      }
    },
  }
}

/** Which folders of this machine a run may start from. */
export function workspaceRules(config: Config, dataFolder: DataFolder): WorkspaceRules {
  return {
    roots: config.workspaceRoots,
    projectDir: config.projectDir,
    protectedPaths: [dataFolder.path, join(config.projectDir, '.env'), ...fileOf(config.databaseUrl)],
    runUser: runUser(),
  }
}

function fileOf(databaseUrl: string): string[] {
  if (!databaseUrl.startsWith('file:'))
    return []
  const path = databaseUrl.slice('file:'.length)
  return [path, `${path}-wal`, `${path}-shm`]
}
