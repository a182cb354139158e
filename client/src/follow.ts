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
  const runId = await findRunId(connection, run, signal)
  for (let failures = 0; !signal?.aborted; failures++) {
    if (failures > 0)
      await pause(Math.random() * Math.min(5_000, 100 * 2 ** failures), signal)
    const feed = await openFeed(connection, { ...options, runId, after: cursor })
    try {
      for await (const event of feed.events()) {
        if (event.seq <= cursor)
          continue
        cursor = event.seq
        failures = 0
        yield event
        if (event.type === 'run.ended')
          return
      }
    }
    catch (error) {
      const known = toAgentOSError(error, connection.url)
      if (!isPassing(known) || failures >= MAX_FAILURES)
        throw known
    }
    finally {
      feed.close()
    }
  }
}

/** Asked over HTTP first: a socket that is refused does not say why. */
async function findRunId(connection: Connection, run: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    return (await connection.call(connection.trpc.runs.get.query({ run }, signal ? { signal } : {}))).id
  }
  catch (error) {
    if (signal?.aborted)
      return run
    throw error
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
