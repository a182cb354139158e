import type { Connection } from './connection.ts'
import type { FollowOptions, RunEvent } from './views.ts'
import { isPassing, toAgentOSError } from './error.ts'
import { openFeed } from './feed.ts'

/** In a row, with no event in between, before an error that may pass is believed to stay. */
const MAX_FAILURES = 10

/**
 * Yields every event once and in order, and returns after `run.ended` or when the signal aborts. Once it has reached the
 * server it outlives every loss of the connection or the server. Rejects with an AgentOSError when the server cannot be
 * reached to begin with (`UNREACHABLE`) or refuses (`NOT_FOUND`, `UNAUTHORIZED`, ...).
 */
export async function* followRun(connection: Connection, run: string, options: FollowOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
  const { signal } = options
  let cursor = options.after ?? 0
  let isReached = false
  for (let failures = 0; !signal?.aborted; failures++) {
    if (failures > 0)
      await pause(Math.random() * Math.min(5_000, 100 * 2 ** failures), signal)
    try {
      // Asked over HTTP first: a socket that is refused does not say why.
      const { id: runId, endedAt, lastSeq } = await connection.trpc.runs.get.query({ run }, signal ? { signal } : {})
      isReached = true
      if (endedAt !== null && lastSeq <= cursor)
        return
      for await (const event of readFeed(connection, { ...options, runId, after: cursor })) {
        cursor = event.seq
        failures = 0
        yield event
        if (event.type === 'run.ended')
          return
      }
    }
    catch (error) {
      const known = toAgentOSError(error, connection.url)
      if (!signal?.aborted && !(isReached && isPassing(known) && (known.code === 'UNREACHABLE' || failures < MAX_FAILURES)))
        throw known
    }
  }
}

async function* readFeed(connection: Connection, options: FollowOptions & { runId: string, after: number }): AsyncGenerator<RunEvent> {
  const feed = await openFeed(connection, options)
  let cursor = options.after
  try {
    for await (const event of feed.events()) {
      // A socket that came back may begin with what we have.
      if (event.seq <= cursor)
        continue
      cursor = event.seq
      yield event
    }
  }
  finally {
    feed.close()
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
