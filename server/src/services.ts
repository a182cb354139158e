import type { Config } from './config/config.ts'
import type { DataFolder } from './config/data-folder.ts'
import type { Notifier } from './events/notifier.ts'
import type { Gateway } from './models/gateway.ts'
import type { RouterServices } from './router/context.ts'
import type { Vault } from './secrets/vault.ts'
import type { Database } from './store/database.ts'
import type { KnownWorker } from './store/workers.ts'
import type { Work } from './work.ts'
import type { WorkspaceRules } from './worker/workspace/resolve-workspace.ts'
import { createGate } from './router/gate.ts'
import { nextTicks } from './schedules/schedule-view.ts'
import { ping } from './store/database.ts'
import { overviewFigures } from './store/overview.ts'
import { spendToday } from './store/spend-today.ts'
import { VERSION } from './version.ts'
import { sandboxOf } from './worker/presence.ts'
import { createRefusals, refuseByManifest } from './worker/refusal.ts'
import { listWorkspaces } from './worker/workspace/list-workspaces.ts'
import { runUser } from './worker/workspace/place.ts'
import { nameWorkspace, resolveWorkspace } from './worker/workspace/resolve-workspace.ts'

/** Logs that are read at the same time when many readers come back at once. */
const REPLAYS = 16

export interface ServicesOptions {
  config: Config
  rules: WorkspaceRules
  db: Database
  notifier: Notifier
  artifacts: RouterServices['artifacts']
  gateway: Gateway
  vault: Vault
  work: Work
  mintSignInLink: () => string
  sent: RouterServices['sent']
}

/** What the router is handed, so that it needs to know neither worker nor models. */
export function createServices(o: ServicesOptions): RouterServices {
  const { config, rules, db, notifier, artifacts, gateway, vault, work, mintSignInLink, sent } = o
  const isElsewhere = config.role === 'server'
  return {
    db,
    notifier,
    artifacts,
    version: VERSION,
    models: { ...gateway.health, priceLists: gateway.prices.versions },
    secrets: { set: vault.set, list: vault.list, names: vault.names, remove: vault.remove },
    // There is no sandbox in a server alone.
    refuse: isElsewhere ? refuseByManifest : createRefusals({ gateway, sandbox: () => work.sandbox()!, programsDir: config.programsDir }),
    // A server that has its workers elsewhere knows nothing of their folders: they look when the run begins.
    resolveWorkspace: async asked => isElsewhere ? nameWorkspace(asked) : resolveWorkspace(rules, asked),
    listWorkspaces: async under => isElsewhere ? { roots: [], folders: [] } : listWorkspaces(rules, under),
    usages: work.usages,
    mintSignInLink,
    sent,
    replay: createGate(REPLAYS),
    async workers(organisationId) {
      return (await work.presence.list(organisationId)).map(({ view }) => view)
    },
    drainWorker: id => work.presence.drainOther(id),
    async overview(organisationId) {
      const [latencyMs, figures, workers, next, spend] = await Promise.all([
        ping(db),
        overviewFigures(db, organisationId),
        work.presence.list(organisationId),
        nextTicks(db, organisationId),
        spendToday(db, organisationId),
      ])
      const up = workers.filter(({ view }) => view.state === 'up' || view.state === 'draining')
      const sum = (of: (worker: KnownWorker) => number) => up.reduce((total, worker) => total + of(worker), 0)
      return {
        ...figures,
        version: VERSION,
        database: { dialect: db.dialect, latencyMs },
        sandbox: work.sandbox() ?? sandboxOf(workers),
        workers: { slots: sum(({ view }) => view.slots), busy: sum(({ view }) => view.busy), executors: sum(({ executors }) => executors) },
        models: { configured: gateway.configured(), howTo: gateway.howTo() },
        nextTicks: next,
        spend,
      }
    },
  }
}

/** Which folders of this machine a run may start from. */
export function workspaceRules(config: Config, dataFolder: DataFolder): WorkspaceRules {
  return {
    roots: config.workspaceRoots,
    projectDir: config.projectDir,
    protectedPaths: [dataFolder.path, config.settingsFile, ...fileOf(config.databaseUrl)],
    runUser: runUser(),
  }
}

function fileOf(databaseUrl: string): string[] {
  if (!databaseUrl.startsWith('file:'))
    return []
  const path = databaseUrl.slice('file:'.length)
  return [path, `${path}-wal`, `${path}-shm`]
}
