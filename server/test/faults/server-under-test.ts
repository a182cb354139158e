import type { ChildProcess } from 'node:child_process'
import type { Ground } from './ground.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/store/develop/free-port.ts'
import { signal } from './processes.ts'

/** A server's own process, which comes back at the same address after it was killed. */
export interface ServerUnderTest {
  readonly url: string
  readonly credential: string
  readonly dataDir: string
  readonly pid: number
  /** The end of what it has said, for a person. */
  said: () => string
  /** Resolves when it serves; rejects with its words when it ends instead. */
  start: () => Promise<void>
  /** Resolves to its exit code once it is gone; null when a signal ended it. */
  kill: (name: NodeJS.Signals) => Promise<number | null>
  exited: () => Promise<number | null>
}

export interface ServerOptions { name?: string, env?: Record<string, string>, nodeOptions?: string[] }

const MAIN = fileURLToPath(new URL('../../dist/agentos.js', import.meta.url))
/** What `npm start` keeps of the code that it has compiled. */
const CODE_CACHE = fileURLToPath(new URL('../../../.runtime/code-cache', import.meta.url))
const KEPT_CHARACTERS = 4_000

export async function startServer(ground: Ground, options: ServerOptions = {}): Promise<ServerUnderTest> {
  const server = await createServerUnderTest(ground, options)
  await server.start()
  return server
}

export async function createServerUnderTest(ground: Ground, { name = 'server', env = {}, nodeOptions = [] }: ServerOptions = {}): Promise<ServerUnderTest> {
  const dataDir = join(ground.folder, name)
  mkdirSync(dataDir, { recursive: true })
  const port = await freePort()
  let child: ChildProcess | null = null
  let gone: Promise<number | null> = Promise.resolve(null)
  let said = ''
  ground.onEnd(() => child?.pid === undefined || signal(child.pid, 'SIGKILL'))

  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    get credential() {
      return readFileSync(join(dataDir, 'credential'), 'utf8').trim()
    },
    get pid() {
      return child!.pid! // it was started
    },
    said: () => said,
    exited: () => gone,
    async start() {
      const started = spawn(process.execPath, [...nodeOptions, MAIN, 'serve'], { cwd: dataDir, env: { ...environment(ground, dataDir, port), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      said = ''
      const note = (text: string): void => void (said = (said + text).slice(-KEPT_CHARACTERS))
      started.stderr.setEncoding('utf8').on('data', note)
      started.stdout.setEncoding('utf8').on('data', note)
      gone = once(started, 'close').then(([code]) => code as number | null) // what the event carries
      await new Promise<void>((resolve, reject) => {
        started.stdout.on('data', () => /is ready in|Database: /.test(said) && resolve())
        void gone.then(code => reject(new Error(`it ended with ${code}: ${said.trim()}`)))
      })
    },
    async kill(name) {
      signal(child!.pid!, name)
      return gone
    },
  }
}

/** Nothing of this machine's: no key, no settings, no home with manifests in it. */
function environment({ databaseUrl, canary }: Ground, dataDir: string, port: number): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: CODE_CACHE,
    HOME: dataDir,
    AGENTOS_DATA_DIR: dataDir,
    AGENTOS_PORT: String(port),
    AGENTOS_LOG_LEVEL: 'error',
    AGENTOS_WORKSPACE_ROOTS: dataDir,
    AGENTOS_SECRET_KEY: 'the-same-for-all-servers-of-a-ground',
    DATABASE_URL: databaseUrl,
    OPENAI_API_KEY: canary,
  }
}
