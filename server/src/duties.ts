import type { Artifacts } from './artifacts/artifacts.ts'
import type { Config } from './config/config.ts'
import type { Notifier } from './events/notifier.ts'
import type { Parts } from './parts.ts'
import type { RouterServices } from './router/context.ts'
import type { Database } from './store/database.ts'
import { createRetention } from './queue/retention.ts'
import { checkRun } from './router/check-run.ts'
import { createScheduler } from './schedules/scheduler.ts'

export interface DutiesOptions {
  config: Config
  db: Database
  notifier: Notifier
  artifacts: Artifacts
  services: RouterServices
  logger: { warn: (about: object, message: string) => void }
}

/** What a server does by itself, with nobody asking. */
export interface Duties {
  start: () => void
  isScheduling: () => boolean
}

export function createDuties({ config, db, notifier, artifacts, services, logger }: DutiesOptions, parts: Parts): Duties {
  const scheduler = createScheduler({
    db,
    notifier,
    prepare: ({ actor, agent, task, inputs }) =>
      checkRun(services, { actor, manifest: agent.manifest, manifestPath: agent.path, task, inputs, isolation: null, workspace: null }),
    warn: error => logger.warn({ err: error }, 'a schedule could not be looked after'),
  })
  const retention = createRetention({
    db,
    notifier,
    artifacts,
    limits: config.retention,
    warn: error => logger.warn({ err: error }, 'old runs could not be removed'),
  })
  return {
    start() {
      parts.add(() => scheduler.stop())
      parts.add(() => retention.stop())
      scheduler.start()
      retention.start()
    },
    isScheduling: () => scheduler.isRunning,
  }
}
