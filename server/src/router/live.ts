import type { Connection } from './context.ts'
import { TRPCError } from '@trpc/server'

/** Takes a place for one more subscription; call what comes back when it ends. */
export function takePlace(connection: Connection): () => void {
  const leave = connection.subscribe()
  if (!leave)
    throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'this connection has all the subscriptions that it may have: stop one, or open another connection' })
  return leave
}

/**
 * Yields what `open` yields, no faster than the socket sends it: a reader that has stopped reading costs one value and not
 * all that follow.
 */
export async function* paced<T>(connection: Connection, signal: AbortSignal, open: () => AsyncIterable<T>): AsyncGenerator<T> {
  const leave = takePlace(connection)
  try {
    for await (const value of open()) {
      await connection.drained(signal)
      if (signal.aborted)
        return
      yield value
    }
  }
  finally {
    leave()
  }
}
