import type { AgentOS } from '@agentos/client'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { AgentOSError, createAgentOS } from '@agentos/client'
import { findDataDir } from '../config/data-dir.ts'
import { readSettings } from '../config/settings.ts'
import { PROJECT_DIR } from '../program-files.ts'
import { CommandError } from './failure.ts'

export interface Server {
  client: AgentOS
  url: string
  apiKey: string
  /** Who it is: the one that AGENTOS_URL names, the one that holds the data folder, or this very process. */
  kind: 'named' | 'local' | 'embedded'
  /** Of an embedded one: under which name it claims runs. */
  worker?: string
  /** Ends what this process has of it. Idempotent. */
  close: () => Promise<void>
}

export function dataDirOfThisMachine(): string {
  return findDataDir(readSettings(process.env, PROJECT_DIR).AGENTOS_DATA_DIR, PROJECT_DIR, process.env)
}

/** The server of AGENTOS_URL, which is not asked yet, else the one that holds the data folder; null when none runs. */
export async function findServer(): Promise<Server | null> {
  const { AGENTOS_URL: url, AGENTOS_API_KEY: apiKey } = process.env
  if (url) {
    if (!apiKey)
      throw new CommandError(`AGENTOS_URL names ${url}, but AGENTOS_API_KEY is not set: set it to a key of that server`)
    return open({ url, apiKey }, 'named')
  }
  const local = await readLocal(dataDirOfThisMachine())
  if (!local)
    return null
  const server = open(local, 'local')
  if (await isThere(server))
    return server
  await server.close()
  return null
}

function open({ url, apiKey }: { url: string, apiKey: string }, kind: 'named' | 'local'): Server {
  const client = createAgentOS({ url, apiKey })
  return { client, url, apiKey, kind, close: () => client.close() }
}

async function readLocal(dataDir: string): Promise<{ url: string, apiKey: string } | null> {
  try {
    const [server, credential] = await Promise.all([readFile(join(dataDir, 'server.json'), 'utf8'), readFile(join(dataDir, 'credential'), 'utf8')])
    const { url } = JSON.parse(server) as { url: string } // written whole, by a server
    return { url, apiKey: credential.trim() }
  }
  catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM')
      throw new CommandError(`the data folder ${dataDir} belongs to another user: run this as that user, set AGENTOS_DATA_DIR to a folder of your own, or use AGENTOS_URL and AGENTOS_API_KEY`, 126)
    return null
  }
}

/** It answers, and knows our key: a server that was killed leaves its file behind, and another one may listen at its port since. */
export async function isThere({ client }: Server): Promise<boolean> {
  try {
    await client.system.me()
    return true
  }
  catch (error) {
    if (error instanceof AgentOSError && ['UNREACHABLE', 'UNAUTHORIZED', 'NOT_FOUND', 'FORBIDDEN'].includes(error.code))
      return false
    throw error
  }
}
