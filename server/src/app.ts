import type { Config } from './config/config.ts'
import type { RunMoved } from './domain/run-moved.ts'
import type { EventLog } from './events/log.ts'
import type { Parts } from './parts.ts'
import type { Database } from './store/database.ts'
import { join } from 'node:path'
import process from 'node:process'
import { addressOf, publicHosts } from './addresses.ts'
import { createArtifacts } from './artifacts/artifacts.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { createSessions } from './auth/sessions.ts'
import { createSignInTokens } from './auth/sign-in-tokens.ts'
import { checkClock } from './checks/database.ts'
import { checkIsolation, checkModels } from './checks/isolation.ts'
import { checksOfStart, heed } from './checks/start.ts'
import { prepareDataFolder } from './config/data-folder.ts'
import { shownImageType } from './domain/image.ts'
import { manifestJsonSchema } from './domain/manifest/json-schema.ts'
import { createDuties } from './duties.ts'
import { createDoorbell } from './events/doorbell.ts'
import { createEventLog } from './events/log.ts'
import { diskOf, isDatabaseUp, storedFigures } from './figures.ts'
import { hideOpened } from './hide-opened.ts'
import { requestContext } from './http/request-id.ts'
import { createHttpServer } from './http/server.ts'
import { createWorkerHttp } from './http/worker-server.ts'
import { logRuns } from './log-runs.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics/metrics.ts'
import { observeLog } from './metrics/observe-log.ts'
import { createGateway } from './models/gateway.ts'
import { observeDatabase } from './observe-database.ts'
import { ownValues } from './own-values.ts'
import { createParts } from './parts.ts'
import { readyText } from './ready-text.ts'
import { checkSameSecretKey } from './same-secret-key.ts'
import { createVault } from './secrets/vault.ts'
import { writeServerFile } from './server-file.ts'
import { createServices, workspaceRules } from './services.ts'
import { ensureOwner } from './store/actor.ts'
import { countAgents } from './store/agents.ts'
import { clockApartMs, openDatabase } from './store/database.ts'
import { readEventsOf, readEventsOfAttempt } from './store/events.ts'
import { findWorkspaceFile, listWorkspaceFiles } from './store/workspace-files.ts'
import { createTraces } from './traces/traces.ts'
import { VERSION } from './version.ts'
import { createWork } from './work.ts'
import { discoverAgents } from './worker/discover-agents.ts'
import { saveUpload } from './worker/workspace/uploads.ts'

export interface App {
  url: string
  /** Opens every procedure to a program on this machine. */
  credential: string
  /** Under which name it claims runs. */
  worker: string
  /** Signs one browser in. */
  setupLink: string
  /** What a person is told at start; `elapsedMs` since the command was given. */
  readyText: (elapsedMs: number) => string
  /** For programs that embed the server and write a run's log themselves, as the benchmark does. */
  db: Database
  log: EventLog
  /** WebSockets that are open: who follows something here. */
  countSockets: () => number
  /** Idempotent; when it resolves, nothing of this process runs on. */
  stop: () => Promise<void>
}

export interface AppOptions {
  /** Only what is wrong is logged: for a command line that embeds a server. */
  quiet?: boolean
  /** Takes no runs, and is found by nobody: for a command that looks at the data while no server runs. */
  isOnlyLooking?: boolean
  /** It lives for one command, which starts what it is told: schedules wait for a server that stays. */
  isForOneCommand?: boolean
}

/**
 * Builds, connects and starts the whole of AgentOS in this process. When a part cannot start, those before it are stopped.
 * @throws {ConfigError | StartError | DataFolderError | DatabaseError | ListenError} with one line for a person
 */
export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const parts = createParts()
  try {
    return await compose(config, options, parts)
  }
  catch (error) {
    await parts.stop()
    throw error
  }
}

async function compose(config: Config, { quiet, isOnlyLooking = false, isForOneCommand = false }: AppOptions, parts: Parts): Promise<App> {
  const logger = createLogger(quiet && config.logLevel !== 'fatal' ? 'warn' : config.logLevel, requestContext)
  const warn = (about: object, message: string) => logger.warn(about, message)
  heed(await checksOfStart(config), warn)
  const dataFolder = await prepareDataFolder(config)
  logger.hide(ownValues(config, dataFolder))
  const gateway = createGateway(config.models)
  const metrics = createMetrics({
    version: VERSION,
    role: config.role,
    providers: gateway.health.providers().map(({ name }) => name),
    worker: () => work.queue.worker,
    figures: {
      stored: () => storedFigures(db, { organisationId: owner.organisationId, presence: work.presence }).catch(() => null),
      isDatabaseUp: () => isDatabaseUp(db),
      sockets: () => countSockets(),
      waitingBytes: () => http.sockets?.waitingBytes() ?? 0,
      isScheduling: () => isScheduling(),
      slots: () => work.queue.slots,
      busy: () => work.queue.busy,
      disk: () => diskOf(dataFolder.path),
    },
  })
  const watchers: ((moved: RunMoved) => void)[] = [metrics.moved, moved => logRuns(logger, moved)]
  const opened = await openDatabase({
    databaseUrl: dataFolder.databaseUrl,
    dataDir: dataFolder.path,
    moved: one => watchers.forEach(watch => watch(one)),
  })
  const db = observeDatabase(opened, metrics.asked)
  parts.add(() => db.close())
  await checkSameSecretKey(db, dataFolder.secretKey)
  heed([checkClock({ dialect: db.dialect, exists: true, newestMs: null, apartMs: await clockApartMs(db) })], warn)
  const owner = await ensureOwner(db)
  const doorbell = createDoorbell(db)
  parts.add(() => doorbell.stop())
  const { notifier } = doorbell
  if (config.traces) {
    const traces = createTraces({
      settings: config.traces,
      readAttempt: (...asked) => readEventsOfAttempt(db, ...asked),
      readRun: (runId, types) => readEventsOf(db, runId, types),
      warn,
    })
    watchers.push(traces.moved)
    parts.add(() => traces.stop())
  }
  const log = observeLog(createEventLog(db, notifier), metrics)
  parts.add(() => log.stop())
  const artifacts = createArtifacts({ path: join(dataFolder.path, 'artifacts'), db })
  const rules = workspaceRules(config, dataFolder)
  const vault = hideOpened(createVault({ db, secretKey: dataFolder.secretKey }), logger)
  const apiHosts = publicHosts(config)
  const own = { config, dataFolder, rules, db, notifier, log, gateway, artifacts, vault, logger }
  const work = await createWork({ ...own, apiPort: () => port, apiHosts, isOnlyLooking, isForOneCommand, watch: metrics }, parts)

  const started = Promise.withResolvers<void>()
  let isServing = false
  let agentCount = 0
  const tokens = createSignInTokens()
  const mintSignInLink = () => `${config.publicUrl ?? url}/setup?token=${tokens.mint()}`
  const isServer = config.role !== 'worker'
  const services = createServices({ config, rules, db, notifier, artifacts, gateway, vault, work, mintSignInLink, sent: metrics.sent })
  const duties = createDuties({ config, db, notifier, artifacts, services, url: () => config.publicUrl ?? url, logger }, parts)
  const isScheduling = () => duties.isScheduling()
  const door = {
    host: config.host,
    port: config.port,
    health: { isDatabaseUp: () => isDatabaseUp(db), isServing: () => isServing, isScheduling, countAgents: () => agentCount },
    metrics,
    metricsSecrets: [dataFolder.metricsToken, dataFolder.credential],
    logger,
  }
  const http: Door = isServer ? createServerHttp() : createWorkerHttp(door)
  const countSockets = () => http.sockets?.count() ?? 0
  const { port } = await http.start()
  parts.add(() => http.stop())
  parts.add(() => started.resolve())
  const url = addressOf(config.host, port)

  // Health answers from here on; calls wait for what takes longer.
  parts.add(() => work.stop())
  const [discovered] = await Promise.all([isServer ? discoverAgents(db, owner, join(config.projectDir, 'agents')) : null, work.start()])
  for (const problem of discovered?.problems ?? [])
    logger.warn(problem, 'a manifest of agents/ is left out')
  const sandbox = work.sandbox()
  if (sandbox) {
    heed(checkIsolation(sandbox), warn)
    // A model of this machine has to be looked for.
    void gateway.start().then(() => heed([checkModels(gateway.configured(), gateway.howTo())], warn))
  }
  const recount = async () => {
    agentCount = await countAgents(db, owner.organisationId)
  }
  await recount()
  parts.add(notifier.onAgentsChanged(() => void recount().catch(error => logger.warn({ err: error }, 'agents could not be counted'))))
  if (isServer && !isOnlyLooking && !isForOneCommand)
    duties.start()
  if (isServer && !isOnlyLooking)
    parts.add(await writeServerFile(dataFolder.path, { url, pid: process.pid, startedAt: new Date().toISOString(), version: VERSION }))
  parts.add(() => void (isServing = false))
  isServing = true
  started.resolve()

  const setupLink = mintSignInLink()
  return {
    url,
    credential: dataFolder.credential,
    worker: work.queue.worker,
    setupLink,
    db,
    log,
    readyText: elapsedMs => readyText({
      version: VERSION,
      role: config.role,
      elapsedMs,
      url: config.publicUrl ?? url,
      setupLink,
      sandbox: work.sandbox(),
      slots: work.queue.slots,
      databaseUrl: config.databaseUrl,
      agents: agentCount,
    }, config.projectDir),
    countSockets,
    stop: parts.stop,
  }

  function createServerHttp(): Door {
    const sessions = createSessions(dataFolder)
    return createHttpServer({
      ...door,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      webDir: join(config.projectDir, 'web', 'dist'),
      ownerId: owner.userId,
      services,
      authenticate: createAuthenticate({ owner, credential: dataFolder.credential, sessions }),
      sessions,
      tokens,
      artifacts,
      uploads: { save: (actor, source) => saveUpload({ db, artifacts }, actor, source) },
      files: {
        find: (...asked) => findWorkspaceFile(db, ...asked),
        list: (...asked) => listWorkspaceFiles(db, ...asked),
        read: artifacts.read,
        imageType: shownImageType,
      },
      started: started.promise,
      manifestSchema: manifestJsonSchema,
    })
  }
}

/** What this process listens with: a worker that is no server has no sockets. */
interface Door {
  start: () => Promise<{ port: number }>
  stop: () => Promise<void>
  sockets?: { count: () => number, waitingBytes: () => number }
}
