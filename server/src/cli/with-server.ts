import type { Leave } from './leave.ts'
import type { Server } from './local-server.ts'
import process from 'node:process'
import { embedServer } from './embed-server.ts'
import { CommandError } from './failure.ts'
import { exitCodeOf, onLeave } from './leave.ts'
import { dataDirOfThisMachine, findServer } from './local-server.ts'

export interface Need {
  /** With no server running: 'none' fails; 'look' opens the data here and runs nothing; 'run' makes this process a server, which others find. */
  embed: 'none' | 'look' | 'run'
  /** What 'none' tells a person; by default that no server runs, and how to start one. */
  missing?: string
  /** Folders that runs of an embedded server may start from, beside those of the configuration. */
  folders?: string[]
}

/**
 * Does `work` with the server that runs, or with one in this process for as long as it takes. Whatever ends the command, an
 * embedded server is stopped in order; who asks twice does not wait for that.
 */
export async function withServer(need: Need, work: (server: Server) => Promise<void>): Promise<void> {
  let server: Server | null = null
  let leaving: Leave | null = null
  let ending: Promise<never> | null = null

  const end = async (why: Leave): Promise<never> => {
    await server?.close().catch(() => {}) // it has been asked to end: how well it did is nobody's concern any more
    return process.exit(process.exitCode ?? exitCodeOf(why))
  }
  const release = onLeave((why) => {
    if (leaving)
      process.exit(exitCodeOf(why))
    leaving = why
    // While it is being opened it cannot be closed.
    if (server)
      ending = end(why)
  })
  try {
    server = await open(need)
    if (leaving)
      ending = end(leaving)
    else
      await work(server)
  }
  catch (error) {
    if (!ending)
      throw error
  }
  finally {
    await ending
    await server?.close()
    release()
  }
}

async function open({ embed, missing, folders = [] }: Need): Promise<Server> {
  const running = await findServer()
  if (running)
    return running
  if (embed === 'none')
    throw new CommandError(missing ?? `no AgentOS server runs on the data folder ${dataDirOfThisMachine()}: start one with \`agentos serve\`, or name one with AGENTOS_URL and AGENTOS_API_KEY`)
  return embedServer({ takesRuns: embed === 'run', folders })
}
