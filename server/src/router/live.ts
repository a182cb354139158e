import type { Connection } from './context.ts'
import { TRPCError } from '@trpc/server'

/**
 * Yields what `open` yields, no faster than the socket sends it: before each value it waits until little is left in the
 * socket's buffer, so a reader that has stopped reading costs one value and not a whole log.
 */
export async function* paced<T>(connection: Connection, signal: AbortSignal, open: (signal: AbortSignal) => AsyncIterable<T>): AsyncGenerator<T> {
  const leave = connection.subscribe()
  if (!leave)
    throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: 'this connection has all the subscriptions that it may have: stop one, or open another connection' })
  try {
    for await (const value of open(signal)) {
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
