import type { Connection } from './connection.ts'
import type { RunEvent } from './views.ts'
import { TRPCClientError } from '@trpc/client'
import { toAgentOSError } from './error.ts'

/** Events that have arrived and are not read yet; above this the subscription is closed and resumed once they are read. */
const MAX_UNREAD = 20_000

/** Yields every event once and in order, whatever happens to the connection; returns after `run.ended`. */
export async function* followRun(
  connection: Connection,
  runId: string,
  { after = 0, signal }: { after?: number, signal?: AbortSignal } = {},
): AsyncGenerator<RunEvent, void, undefined> {
  let cursor = after
  let failures = 0
  while (!signal?.aborted) {
    const feed = subscribe(connection, runId, cursor, signal)
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
      // The server has answered: no such run, a bad cursor, no right. Trying again would not help.
      if (error instanceof TRPCClientError && error.data?.code && error.data.code !== 'INTERNAL_SERVER_ERROR')
        throw toAgentOSError(error, connection.url)
    }
    finally {
      feed.close()
    }
    failures++
    await pause(Math.random() * Math.min(5_000, 100 * 2 ** failures), signal)
  }
}

function subscribe(connection: Connection, runId: string, after: number, signal: AbortSignal | undefined) {
  let unread: RunEvent[] = []
  let ended: { error: unknown } | { error: null } | null = null
  let wake = () => {}

  const end = (error: unknown) => {
    ended ??= { error }
    wake()
  }
  const subscription = connection.trpc.events.follow.subscribe({ runId, after }, {
    onData: ({ data }) => {
      unread.push(...data)
      if (unread.length > MAX_UNREAD) {
        subscription.unsubscribe()
        end(null)
      }
      wake()
    },
    onError: end,
    onComplete: () => end(null),
  })
  const abort = () => end(null)
  signal?.addEventListener('abort', abort, { once: true })

  return {
    async* events(): AsyncGenerator<RunEvent> {
      while (true) {
        const batch = unread
        unread = []
        yield* batch
        if (unread.length > 0)
          continue
        if (ended) {
          if (ended.error)
            throw ended.error
          return
        }
        await new Promise<void>((resolve) => { wake = resolve })
      }
    },
    close() {
      signal?.removeEventListener('abort', abort)
      subscription.unsubscribe()
    },
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
