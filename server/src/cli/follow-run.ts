import type { RunEvent } from '@agentos/client'
import type { Server } from './local-server.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from './failure.ts'
import { findServer } from './local-server.ts'

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
  while (true) {
    const watch = watchServer(place.server)
    const following = place.server.client.runs.follow(runId, {
      after: cursor,
      signal: AbortSignal.any([signal, watch.signal]),
      onConnection(isUp) {
        onConnection(isUp)
        isUp ? watch.rest() : watch.look()
      },
    })
    try {
      for await (const event of following) {
        cursor = event.seq
        yield event
      }
    }
    finally {
      watch.rest()
    }
    if (!watch.signal.aborted || signal.aborted)
      return
    const next = watch.found()
    if (!next)
      throw new CommandError(`the server at ${place.server.url} has been away for ${AWAY_MS / 1000} s. The run's log is kept: once a server runs, \`agentos logs -f ${runId}\` goes on`)
    await place.server.close()
    place.server = next
    onConnection(true)
  }
}

function watchServer(server: Server) {
  const over = new AbortController()
  let resting = new AbortController()
  let found: Server | null = null

  async function look(): Promise<void> {
    const { signal } = resting
    for (const until = Date.now() + AWAY_MS; Date.now() < until;) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
      if (signal.aborted)
        return
      // One that is there at the same address is found by the client itself.
      const other = server.kind === 'local' ? await findServer().catch(() => null) : null
      if (other && other.url !== server.url) {
        found = other
        break
      }
      await other?.close()
    }
    over.abort()
  }

  return {
    /** Aborted when there is another server, or none for too long. */
    signal: over.signal,
    found: () => found,
    look: () => void (server.kind !== 'embedded' && look()),
    rest() {
      resting.abort()
      resting = new AbortController()
    },
  }
}
