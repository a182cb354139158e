import type { HostPattern } from '../domain/host-pattern.ts'
import type { PriceTable } from '../domain/price.ts'
import type { Environment, EnvironmentName } from './environment.ts'
import type { TracesConfig } from './otel.ts'
import { isAbsolute, join, parse, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { PROJECT_DIR } from '../program-files.ts'
import { ConfigError } from './config-error.ts'
import { findDataDir, findProgramsDir, findSettingsFile, resolveGiven } from './data-dir.ts'
import { endpointsOf } from './endpoints.ts'
import { environmentSchema } from './environment.ts'
import { findTraces } from './otel.ts'
import { expandHome, isFolder } from './paths.ts'
import { readPrices } from './prices.ts'
import { readSettings } from './settings.ts'

/** Everything that is set from outside. Read once, frozen, handed down. */
export interface Config {
  /** The checkout or the installed package. */
  projectDir: string
  /** The `.env` that was read, or would have been. */
  settingsFile: string
  /** 0: any free port. */
  port: number
  host: string
  /** What people open when a proxy stands in front: an origin with no path. */
  publicUrl: string | null
  /** Addresses and networks of the proxies whose word counts for who asks. */
  trustedProxies: string[]
  /** Absolute. */
  dataDir: string
  /** `file:<absolute path>` or `postgres://…`. */
  databaseUrl: string
  role: 'all' | 'server' | 'worker'
  /** Null: the one that the data folder keeps. */
  secretKey: string | null
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Runs at a time. */
  maxAgents: number
  /** How long a worker may be silent before its runs are taken away. */
  leaseMs: number
  /** For a command that names no timeout of its own. */
  commandTimeoutMs: number
  /** The most steps that a run may take, whatever its manifest says. */
  maxSteps: number
  /** Executor processes. */
  executors: number
  /** Absolute host folders that workspaces may come from, beside a manifest's own. */
  workspaceRoots: string[]
  /** Absolute: what is installed for agents, with npm or by hand. */
  programsDir: string
  /** Where an MCP server's url may lead into a private network or to this machine. */
  mcpPrivateHosts: HostPattern[]
  /** Where a repository of a workspace may be in a private network, on this machine, or without HTTPS. */
  gitPrivateHosts: HostPattern[]
  /** What is kept of ended runs; null: all. `runs` is of each agent, `sizeBytes` of database and artifacts together. */
  retention: { ageMs: number | null, runs: number | null, sizeBytes: number | null }
  /** Null: none is made by itself. `folder` is absolute; so many are kept there. */
  backups: { everyMs: number, folder: string, keep: number } | null
  /** Who is told of what people are asked; null: nobody. */
  approvalWebhook: { url: string, secret: string } | null
  /** Null: the one that the data folder keeps. */
  metricsToken: string | null
  traces: TracesConfig
  models: {
    openai: { apiKey: string | null, baseUrl: string | null, speaks: 'chat' | 'responses' | null }
    github: { apiKey: string | null, baseUrl: string | null }
    claude: { apiKey: string | null, baseUrl: string | null }
    gemini: { apiKey: string | null, baseUrl: string | null }
    cohere: { apiKey: string | null, baseUrl: string | null }
    ollama: { url: string | null }
    /** Others that speak OpenAI's language, by the name that a manifest calls them. */
    endpoints: { name: string, baseUrl: string, apiKey: string | null }[]
    /** A list that goes before our own; null: there is none. */
    prices: PriceTable | null
  }
}

const DEFAULT_PORT = 4700

/**
 * Reads the environment and its `.env`, over which the environment wins; an empty value counts as not set.
 * @throws {ConfigError} for the first value that is wrong
 */
export function loadConfig(env: Record<string, string | undefined>, options: { projectDir?: string } = {}): Config {
  const projectDir = options.projectDir ?? PROJECT_DIR
  const settings = readSettings(env, projectDir)
  const values = readEnvironment(settings)
  const dataDir = findDataDir(values.AGENTOS_DATA_DIR, projectDir, env)
  const databaseUrl = findDatabaseUrl(values, dataDir)
  if (values.AGENTOS_ROLE !== 'all' && databaseUrl.startsWith('file:'))
    throw new ConfigError('AGENTOS_ROLE', `expected all, because one process alone writes a SQLite database, got "${values.AGENTOS_ROLE}"; leave it out, or set DATABASE_URL to a postgres:// address`)

  return deepFreeze({
    projectDir,
    settingsFile: findSettingsFile(projectDir, env),
    // Nobody types the address of a worker, which may stand beside a server.
    port: values.AGENTOS_PORT ?? (values.AGENTOS_ROLE === 'worker' ? 0 : DEFAULT_PORT),
    host: values.AGENTOS_HOST,
    publicUrl: values.AGENTOS_PUBLIC_URL ?? null,
    // With a public address something stands in front, on this machine unless somebody says where.
    trustedProxies: values.AGENTOS_TRUSTED_PROXIES ?? (values.AGENTOS_PUBLIC_URL === undefined ? [] : ['127.0.0.0/8', '::1']),
    dataDir,
    databaseUrl,
    role: values.AGENTOS_ROLE,
    secretKey: values.AGENTOS_SECRET_KEY ?? null,
    logLevel: values.AGENTOS_LOG_LEVEL,
    maxAgents: values.AGENTOS_MAX_AGENTS,
    leaseMs: values.AGENTOS_LEASE,
    commandTimeoutMs: values.AGENTOS_COMMAND_TIMEOUT,
    maxSteps: values.AGENTOS_MAX_STEPS,
    executors: values.AGENTOS_EXECUTORS,
    workspaceRoots: findWorkspaceRoots(values, env),
    programsDir: findProgramsDir(values.AGENTOS_PROGRAMS_DIR, projectDir, dataDir),
    mcpPrivateHosts: values.AGENTOS_MCP_PRIVATE_HOSTS,
    gitPrivateHosts: values.AGENTOS_GIT_PRIVATE_HOSTS,
    retention: { ageMs: values.AGENTOS_RETENTION_AGE ?? null, runs: values.AGENTOS_RETENTION_RUNS ?? null, sizeBytes: values.AGENTOS_RETENTION_SIZE ?? null },
    backups: findBackups(values, projectDir, dataDir),
    approvalWebhook: findApprovalWebhook(values),
    metricsToken: values.AGENTOS_METRICS_TOKEN ?? null,
    traces: findTraces(values),
    models: findModels(values, settings, projectDir),
  })
}

function findModels(values: Environment, settings: Record<string, string>, projectDir: string): Config['models'] {
  return {
    openai: { apiKey: values.OPENAI_API_KEY ?? null, baseUrl: values.OPENAI_BASE_URL ?? null, speaks: values.OPENAI_API ?? null },
    github: { apiKey: values.GIT_HUB_TOKEN ?? values.GITHUB_TOKEN ?? null, baseUrl: values.GITHUB_MODELS_URL ?? null },
    claude: { apiKey: values.CLAUDE_API_KEY ?? values.ANTHROPIC_API_KEY ?? null, baseUrl: values.ANTHROPIC_BASE_URL ?? null },
    gemini: { apiKey: values.GEMINI_API_KEY ?? values.GOOGLE_API_KEY ?? null, baseUrl: values.GEMINI_BASE_URL ?? values.GOOGLE_GEMINI_BASE_URL ?? null },
    cohere: { apiKey: values.COHERE_API_KEY ?? values.CO_API_KEY ?? null, baseUrl: values.COHERE_BASE_URL ?? null },
    ollama: { url: values.OLLAMA_HOST ?? null },
    endpoints: endpointsOf(values.AGENTOS_ENDPOINTS ?? [], settings),
    prices: values.AGENTOS_PRICES === undefined ? null : readPrices(values.AGENTOS_PRICES, projectDir),
  }
}

function readEnvironment(env: Record<string, string>): Environment {
  const result = environmentSchema.safeParse(env)
  if (result.success)
    return result.data
  const name = result.error.issues[0]!.path[0] as EnvironmentName
  const { expected, secret } = environmentSchema.shape[name].meta() ?? {}
  throw new ConfigError(name, `expected ${expected}, got ${secret ? `something else (${env[name]!.length} characters, not shown)` : JSON.stringify(env[name])}`)
}

/** Beside the data when nothing is said: that saves from a mistake, not from the loss of the disk. */
function findBackups({ AGENTOS_BACKUP_EVERY: everyMs, AGENTOS_BACKUP_DIR: given, AGENTOS_BACKUP_KEEP: keep }: Environment, projectDir: string, dataDir: string): Config['backups'] {
  const folder = given === undefined ? join(dataDir, 'backups') : resolveGiven('AGENTOS_BACKUP_DIR', given, projectDir)
  return everyMs === undefined ? null : { everyMs, folder, keep }
}

/** What is told is signed, so that whoever is told can know who says it. */
function findApprovalWebhook({ AGENTOS_APPROVAL_WEBHOOK: url, AGENTOS_APPROVAL_WEBHOOK_SECRET: secret }: Environment): Config['approvalWebhook'] {
  if (url !== undefined && secret === undefined)
    throw new ConfigError('AGENTOS_APPROVAL_WEBHOOK_SECRET', 'expected at least 16 characters beside AGENTOS_APPROVAL_WEBHOOK: what is sent there is signed with it')
  return url === undefined || secret === undefined ? null : { url, secret }
}

function findDatabaseUrl(values: Environment, dataDir: string): string {
  const url = values.DATABASE_URL ?? 'file:agentos.db'
  if (!url.startsWith('file:'))
    return url
  const path = url.startsWith('file://') ? decodeFileUrl(url) : url.slice('file:'.length)
  if (path.includes('?') || path.startsWith(':memory:'))
    throw new ConfigError('DATABASE_URL', 'expected file:<path> with no options after it; the path is absolute or relative to the data folder')
  return `file:${resolve(dataDir, expandHome(path))}`
}

function decodeFileUrl(url: string): string {
  try {
    return fileURLToPath(url)
  }
  catch {
    throw new ConfigError('DATABASE_URL', `expected file:<path> or file:///<absolute path>, got ${JSON.stringify(url)}`)
  }
}

/** By default the folder where the person stood: npm moves to the project and keeps that one in INIT_CWD. */
function findWorkspaceRoots(values: Environment, env: Record<string, string | undefined>): string[] {
  if (!values.AGENTOS_WORKSPACE_ROOTS) {
    const startedIn = env.INIT_CWD && isAbsolute(env.INIT_CWD) && isFolder(env.INIT_CWD) ? env.INIT_CWD : process.cwd()
    // A service starts in "/": that is not a choice to open the whole machine.
    return startedIn === parse(startedIn).root ? [] : [startedIn]
  }
  return values.AGENTOS_WORKSPACE_ROOTS.map((given) => {
    const path = expandHome(given)
    if (!isAbsolute(path))
      throw new ConfigError('AGENTOS_WORKSPACE_ROOTS', `expected ${environmentSchema.shape.AGENTOS_WORKSPACE_ROOTS.meta()?.expected}, got ${JSON.stringify(given)}`)
    if (!isFolder(path))
      throw new ConfigError('AGENTOS_WORKSPACE_ROOTS', `expected folders that exist, got ${JSON.stringify(given)}`)
    return resolve(path)
  })
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null)
      deepFreeze(inner)
  }
  return Object.freeze(value)
}
