import type { Config } from './config.ts'
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { RESTORE_MARK } from '../domain/restore-mark.ts'

/** What the data folder keeps for the server. */
export interface DataFolder {
  path: string
  /** Where workspaces live; another uid may pass through to it, and read nothing above. */
  workspacesPath: string
  databaseUrl: string
  /** Names this folder among those of all machines, for as long as it lives: workspaces that are kept are here. No colon. */
  host: string
  /** Signs sessions and seals secrets. */
  secretKey: string
  /** What the command line on this machine shows to the server. */
  credential: string
  /** What a scraper shows at /metrics. */
  metricsToken: string
}

/** The folder cannot be used. The message is one line that says what to do. */
export class DataFolderError extends Error {
  override name = 'DataFolderError'
}

/**
 * Makes the folder (0711: the uid of a run passes through to its own workspace), and in it the keys that are not set from
 * outside (0600). What is there stays as it is.
 * @throws {DataFolderError}
 */
export async function prepareDataFolder(config: Config): Promise<DataFolder> {
  const path = config.dataDir
  const workspacesPath = join(path, 'workspaces')
  await makeFolder(path)
  await refuseHalfRestored(path)
  await makeFolder(workspacesPath)
  const keep = (name: string, prefix = '') => readOrCreate(join(path, name), () => `${prefix}${randomBytes(32).toString('base64url')}`)
  return {
    path,
    workspacesPath,
    databaseUrl: config.databaseUrl,
    host: await readOrCreate(join(path, 'host.name'), newHostName, 1),
    secretKey: config.secretKey ?? await keep('secret.key'),
    credential: await keep('credential', 'agentos_'),
    metricsToken: config.metricsToken ?? await keep('metrics.token', 'metrics_'),
  }
}

async function refuseHalfRestored(path: string): Promise<void> {
  if (await stat(join(path, RESTORE_MARK)).catch(() => null))
    throw new DataFolderError(`${path} holds a backup that is not restored yet. What to do: wait for agentos restore, or when it was interrupted give the same command again`)
}

/** The key that a data folder keeps; null where none has been made, or where it cannot be read. */
export async function readKeptKey(dataDir: string): Promise<string | null> {
  return (await readFile(join(dataDir, 'secret.key'), 'utf8').catch(() => '')).trim() || null
}

/** As people know the machine, and yet unique: containers share names, and names change. */
function newHostName(): string {
  return `${hostname().replace(/[^\w.-]/g, '').slice(0, 40) || 'host'}-${randomBytes(3).toString('hex')}`
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o711 })
    const { mode } = await stat(path)
    // The umask may have taken bits away. A folder that holds what is not ours (somebody's home, /srv) keeps its mode.
    if ((mode & 0o777) !== 0o711 && process.platform !== 'win32' && await isOurs(path))
      await chmod(path, 0o711)
  }
  catch (error) {
    throw unusable(path, error)
  }
}

async function isOurs(path: string): Promise<boolean> {
  const names = await readdir(path)
  return names.length === 0 || names.includes('credential')
}

async function readOrCreate(path: string, create: () => string, minLength = 32): Promise<string> {
  try {
    return await read(path, minLength) ?? await createOnce(path, create(), minLength)
  }
  catch (error) {
    throw error instanceof DataFolderError ? error : unusable(path, error)
  }
}

async function read(path: string, minLength: number): Promise<string | null> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  }
  catch (error) {
    if (codeOf(error) === 'ENOENT')
      return null
    throw error
  }
  if (text.length < minLength)
    throw new DataFolderError(`${path} is damaged: expected at least ${minLength} characters, got ${text.length}. What to do: put it back from a backup, or delete it to have a new one made`)
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0)
    await chmod(path, 0o600)
  return text
}

/** Two processes that start at once end with the same key: the whole file appears at once, and the first one stays. */
async function createOnce(path: string, value: string, minLength: number): Promise<string> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(draft, `${value}\n`, { mode: 0o600, flag: 'wx' })
    await link(draft, path)
    return value
  }
  catch (error) {
    const kept = codeOf(error) === 'EEXIST' ? await read(path, minLength) : null
    if (kept === null)
      throw error
    return kept
  }
  finally {
    await rm(draft, { force: true })
  }
}

const WHAT_TO_DO: Record<string, string> = {
  EACCES: 'make it this user\'s own, or set AGENTOS_DATA_DIR to a folder that is',
  EPERM: 'make it this user\'s own, or set AGENTOS_DATA_DIR to a folder that is',
  EROFS: 'the file system is read-only; set AGENTOS_DATA_DIR to a folder that can be written',
  ENOSPC: 'the disk is full; free some space',
  ENOTDIR: 'a file stands in its way; set AGENTOS_DATA_DIR to a folder',
  EEXIST: 'a file stands in its way; set AGENTOS_DATA_DIR to a folder',
}

function unusable(path: string, error: unknown): DataFolderError {
  const code = codeOf(error)
  return new DataFolderError(`AGENTOS_DATA_DIR: ${path} cannot be used (${code}). What to do: ${WHAT_TO_DO[code] ?? 'set AGENTOS_DATA_DIR to a folder that this user may write'}`)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
