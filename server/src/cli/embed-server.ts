import type { App } from '../app.ts'
import type { Server } from './local-server.ts'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAgentOS } from '@agentos/client'
import { findServer } from './local-server.ts'
import { isVerbose } from './verbose.ts'

/** For how long another process may hold the data folder without being a server: a command like this one. */
const HELD_MS = 15_000
/** For how long those who are connected when the work is done may stay. */
const LEAVE_MS = 3_000

/** A server in this process, or the one of somebody else who was faster. */
export async function embedServer({ takesRuns, folders }: { takesRuns: boolean, folders: string[] }): Promise<Server> {
  const [{ startApp }, { loadConfig }] = await Promise.all([import('../app.ts'), import('../config/config.ts')])
  const config = loadConfig(process.env)
  // Port 0: any free one, written to the data folder. The person at this terminal may name any folder of theirs.
  const own = { port: 0, host: '127.0.0.1', publicUrl: null, trustedProxies: [], workspaceRoots: [...config.workspaceRoots, ...folders], role: 'all' as const }
  const logLevel = isVerbose() ? config.logLevel : 'fatal'
  for (const until = Date.now() + HELD_MS; ;) {
    try {
      const app = await startApp({ ...config, ...own, logLevel }, { quiet: true, isOnlyLooking: !takesRuns, isForOneCommand: true })
      const client = createAgentOS({ url: app.url, apiKey: app.credential })
      const close = async () => {
        await client.close()
        await othersLeave(app)
        await app.stop()
      }
      return { client, url: app.url, apiKey: app.credential, kind: 'embedded', worker: app.worker, close }
    }
    catch (error) {
      if (!isHeld(error) || Date.now() > until)
        throw error
      const other = await findServer()
      if (other)
        return other
      await sleep(100)
    }
  }
}

/** Another command that follows its run here has still to hear of its end. */
async function othersLeave({ countSockets }: Pick<App, 'countSockets'>): Promise<void> {
  for (const until = Date.now() + LEAVE_MS; countSockets() > 0 && Date.now() < until;)
    await sleep(20)
}

function isHeld(error: unknown): boolean {
  return error instanceof Error && error.name === 'DatabaseError' && 'code' in error && error.code === 'held'
}
