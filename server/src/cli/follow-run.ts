import type { RunEvent } from '@agentos/client'
import type { Server } from './local-server.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentOSError } from '@agentos/client'
import { CommandError } from './failure.ts'
import { findServer, isThere } from './local-server.ts'

/** For how long a server may be away before we stop waiting for it. */
const AWAY_MS = 60_000
const LOOK_MS = 500

export interface Place {
  /** Where the run is now; another one when a server came back at another address. */
  server: Server
}

export interface FollowRun {
  after?: number
  signal: AbortSignal
  onConnection: (isUp: boolean) => void
}

/**
 * Follows a run wherever its server is: a local one that was started again may have another address. Rejects with a
 * CommandError when it stays away.
 */
export async function* followRun(place: Place, runId: string, { after = 0, signal, onConnection }: FollowRun): AsyncGenerator<RunEvent> {
  let cursor = after
  let isUp = true
  const tell = (up: boolean) => {
    if (up !== isUp)
      onConnection(up)
    isUp = up
  }
  while (true) {
    const { server } = place
    const watch = watchServer(server)
    const following = server.client.runs.follow(runId, {
      after: cursor,
      signal: AbortSignal.any([signal, watch.over]),
      onConnection(up) {
        tell(up)
        up ? watch.rest() : void watch.look()
      },
    })
    try {
      for await (const event of following) {
        cursor = event.seq
        yield event
      }
      if (!watch.over.aborted || signal.aborted)
        return
    }
    catch (error) {
      // It went away before it could be followed: from here on it is as though it had been.
      if (server.kind === 'embedded' || !(error instanceof AgentOSError) || error.code !== 'UNREACHABLE')
        throw error
      tell(false)
      await watch.look()
    }
    finally {
      watch.rest()
    }
    place.server = watch.next() ?? away(server, runId)
    await server.close()
    tell(true)
  }
}

function away({ url }: Server, runId: string): never {
  throw new CommandError(`the server at ${url} has been away for ${AWAY_MS / 1000} s. The run's log is kept: once a server runs, \`agentos logs -f ${runId}\` goes on`)
}

/** Looks for where the server is now. */
function watchServer(server: Server) {
  const over = new AbortController()
  let resting = new AbortController()
  let next: Server | null = null

  async function look(): Promise<void> {
    if (server.kind === 'embedded')
      return
    const { signal } = resting
    for (const until = Date.now() + AWAY_MS; Date.now() < until && !next;) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
      if (signal.aborted)
        return
      const found = await findServer().catch(() => null)
      next = found && await isThere(found) ? found : null
    }
    over.abort()
  }

  return {
    /** Aborted when the server is found again, or has been away for too long. */
    over: over.signal,
    next: () => next,
    look,
    rest() {
      resting.abort()
      resting = new AbortController()
    },
  }
}
