import type { AgentOS } from '@agentos/client'
import type { Config } from '../config/config.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { createAgentOS } from '@agentos/client'
import { loadConfig } from '../config/config.ts'
import { DatabaseError } from '../store/errors.ts'
import { CommandError } from './failure.ts'

export interface Server {
  client: AgentOS
  url: string
  apiKey: string
  /** Set when this command is the server. */
  embedded: { stop: () => Promise<void> } | null
}

/** The server of AGENTOS_URL, else the one that holds the data folder; null when none runs. */
export async function findServer(config: Config = loadConfig(process.env)): Promise<Server | null> {
  const { AGENTOS_URL: url, AGENTOS_API_KEY: apiKey } = process.env
  if (url) {
    if (!apiKey)
      throw new CommandError(`AGENTOS_URL names ${url}, but AGENTOS_API_KEY is not set: set it to a key of that server`)
    return { client: createAgentOS({ url, apiKey }), url, apiKey, embedded: null }
  }
  const local = await readLocal(config.dataDir)
  if (!local || !await isLive(local.url))
    return null
  return { client: createAgentOS(local), ...local, embedded: null }
}

/** The same, but for commands that cannot do without. */
export async function needServer(): Promise<Server> {
  const config = loadConfig(process.env)
  const server = await findServer(config)
  if (!server)
    throw new CommandError(`no AgentOS server runs on the data folder ${config.dataDir}\n  start one with: agentos serve   (or name one with AGENTOS_URL and AGENTOS_API_KEY)`)
  return server
}

/** With no server running, this process becomes one for as long as the command takes; other commands find it. */
export async function findOrEmbedServer(folders: string[] = []): Promise<Server> {
  const config = loadConfig(process.env)
  const running = await findServer(config)
  if (running)
    return running
  const { startApp } = await import('../app.ts')
  try {
    // Port 0: any free one, written to the data folder. The person at this terminal may name any folder of theirs.
    const app = await startApp({ ...config, port: 0, host: '127.0.0.1', workspaceRoots: [...config.workspaceRoots, ...folders] }, { quiet: true })
    return {
      client: createAgentOS({ url: app.url, apiKey: app.credential }),
      url: app.url,
      apiKey: app.credential,
      embedded: { stop: () => app.stop() },
    }
  }
  catch (error) {
    // Somebody else was faster and holds the data folder: use that server as soon as it answers.
    for (let tries = 0; tries < 30; tries++) {
      const other = await findServer(config)
      if (other)
        return other
      if (!isLocked(error))
        break
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    throw error
  }
}

async function readLocal(dataDir: string): Promise<{ url: string, apiKey: string } | null> {
  try {
    const [server, credential] = await Promise.all([readFile(join(dataDir, 'server.json'), 'utf8'), readFile(join(dataDir, 'credential'), 'utf8')])
    const { url } = JSON.parse(server) as { url: string }
    return { url, apiKey: credential.trim() }
  }
  catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES')
      throw new CommandError(`the data folder ${dataDir} belongs to another user: run this as that user, or use AGENTOS_URL and AGENTOS_API_KEY`)
    return null
  }
}

async function isLive(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/live', url), { signal: AbortSignal.timeout(2_000) })
    return response.ok
  }
  catch {
    // Nobody listens there: server.json was left by a server that was killed.
    return false
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'held'
}
