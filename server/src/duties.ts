import type { Logger } from 'pino'
import type { Artifacts } from './artifacts/artifacts.ts'
import type { Config } from './config/config.ts'
import type { Notifier } from './events/notifier.ts'
import type { Parts } from './parts.ts'
import type { RouterServices } from './router/context.ts'
import type { Database } from './store/database.ts'
import { createExpiry } from './approvals/expiry.ts'
import { createWebhook } from './approvals/webhook.ts'
import { createScheduledBackups } from './backup/scheduled.ts'
import { createHoldSweep } from './budgets/sweep.ts'
import { createRetention } from './queue/retention.ts'
import { checkRun } from './router/check-run.ts'
import { createScheduler } from './schedules/scheduler.ts'

export interface DutiesOptions {
  config: Config
  db: Database
  notifier: Notifier
  artifacts: Artifacts
  services: RouterServices
  /** Where people open the page. */
  url: () => string
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** What a server does by itself, with nobody asking. */
export interface Duties {
  start: () => void
  isScheduling: () => boolean
}

export function createDuties({ config, db, notifier, artifacts, services, url, logger }: DutiesOptions, parts: Parts): Duties {
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
  const expiry = createExpiry({ db, notifier, warn: error => logger.warn({ err: error }, 'questions that nobody has answered could not be looked after') })
  const webhook = config.approvalWebhook && createWebhook({
    ...config.approvalWebhook,
    db,
    notifier,
    pageOf: ({ id }) => `${url()}/approvals?approval=${id}`,
    warn: error => logger.warn({ err: error }, 'the webhook for approvals could not be told; it is tried again'),
  })
  const backups = config.backups && createScheduledBackups({
    ...config.backups,
    db,
    source: { databaseUrl: config.databaseUrl, dataDir: config.dataDir, secretKey: null },
    made: about => logger.info(about, 'a backup was made'),
    failed: error => logger.error({ err: error }, 'no backup could be made; it is tried again'),
  })
  const sweep = createHoldSweep({ db, warn: error => logger.warn({ err: error }, 'what is held for lost calls could not be settled') })
  return {
    start() {
      parts.add(() => sweep.stop())
      sweep.start()
      parts.add(() => expiry.stop())
      expiry.start()
      if (webhook) {
        parts.add(() => webhook.stop())
        webhook.start()
      }
      if (backups) {
        parts.add(() => backups.stop())
        backups.start()
      }
      parts.add(() => scheduler.stop())
      parts.add(() => retention.stop())
      scheduler.start()
      retention.start()
    },
    isScheduling: () => scheduler.isRunning,
  }
}
