import type { Config } from './config.ts'
import type { EnvironmentName } from './environment.ts'
import { join } from 'node:path'
import { formatDuration } from '../domain/manifest/units.ts'
import { PROJECT_DIR } from '../program-files.ts'
import { loadConfig } from './config.ts'
import { keyNameOf } from './endpoints.ts'
import { environmentSchema } from './environment.ts'
import { hidden, maskAddress } from './masked.ts'
import { readSources } from './settings.ts'

/** One variable as a server would have it that was started now. */
export interface EffectiveValue {
  name: string
  /** Masked; null: it is not set, and nothing takes its place. */
  value: string | null
  /** `.env` is the settings file; the data folder keeps what a first start has made. */
  from: 'environment' | '.env' | 'data folder' | 'default'
  isSecret: boolean
}

export interface EffectiveConfig {
  values: EffectiveValue[]
  /** What stops a start; null: nothing does. */
  problem: string | null
  /** The file that is read where the environment says nothing. */
  file: string
}

/** Everything that is read from outside, where each value comes from, and no secret. */
export function effectiveConfig(env: Record<string, string | undefined>, options: { projectDir?: string } = {}): EffectiveConfig {
  const projectDir = options.projectDir ?? PROJECT_DIR
  const { file, values: inFile, environment } = readSources(env, projectDir)
  const config = load(env, projectDir)
  const defaults = 'problem' in config ? {} : derived(config)
  const keysOfEndpoints = Object.keys({ ...inFile, ...environment }).filter(name => !(name in environmentSchema.shape) && isKeyOfEndpoint(name, config))
  const values = [...Object.keys(environmentSchema.shape), ...keysOfEndpoints].map((name): EffectiveValue => {
    const isSecret = !(name in environmentSchema.shape) || environmentSchema.shape[name as EnvironmentName].meta()?.secret === true
    const given = environment[name] ?? inFile[name]
    if (given !== undefined)
      return { name, value: shown(name, given, isSecret), from: name in environment ? 'environment' : '.env', isSecret }
    const kept = defaults[name] ?? standard(name as EnvironmentName)
    return { name, value: kept, from: name in KEPT ? 'data folder' : 'default', isSecret }
  })
  return { values, problem: 'problem' in config ? config.problem : null, file }
}

/** Made by a first start, unless they are set. */
const KEPT: Record<string, string> = { AGENTOS_SECRET_KEY: 'secret.key', AGENTOS_METRICS_TOKEN: 'metrics.token' }

function load(env: Record<string, string | undefined>, projectDir: string): Config | { problem: string } {
  try {
    return loadConfig(env, { projectDir })
  }
  catch (error) {
    return { problem: (error as Error).message }
  }
}

/** What is found where nothing is set. */
function derived(config: Config): Record<string, string> {
  return {
    AGENTOS_PORT: String(config.port),
    AGENTOS_DATA_DIR: config.dataDir,
    DATABASE_URL: maskAddress(config.databaseUrl),
    AGENTOS_WORKSPACE_ROOTS: config.workspaceRoots.join(', ') || 'none',
    AGENTOS_PROGRAMS_DIR: config.programsDir,
    ...Object.fromEntries(Object.entries(KEPT).map(([name, file]) => [name, join(config.dataDir, file)])),
  }
}

/** The schema's own default, as a person would write it. */
function standard(name: EnvironmentName): string | null {
  const value: unknown = environmentSchema.shape[name].safeParse(undefined).data
  if (value === undefined || (Array.isArray(value) && value.length === 0))
    return null
  return typeof value === 'number' && name.startsWith('AGENTOS_') && DURATIONS.has(name) ? formatDuration(value) : String(value)
}

const DURATIONS = new Set<EnvironmentName>(['AGENTOS_LEASE', 'AGENTOS_COMMAND_TIMEOUT'])

function shown(name: string, given: string, isSecret: boolean): string {
  if (name === 'DATABASE_URL' && /^(?:file|postgres(?:ql)?):/.test(given))
    return maskAddress(given)
  if (isSecret)
    return hidden(given)
  // The path of such an address is often all that its owner asks for.
  if (name === 'AGENTOS_APPROVAL_WEBHOOK' && URL.canParse(given))
    return `${new URL(given).origin}/***`
  return name === 'AGENTOS_ENDPOINTS' ? given.split(',').map(maskEndpoint).join(',') : maskAddress(given)
}

/** `name=address` */
function maskEndpoint(pair: string): string {
  const equals = pair.indexOf('=') + 1
  return pair.slice(0, equals) + maskAddress(pair.slice(equals))
}

function isKeyOfEndpoint(name: string, config: Config | { problem: string }): boolean {
  return !('problem' in config) && config.models.endpoints.some(endpoint => name === keyNameOf(endpoint.name))
}
