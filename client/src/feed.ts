import type { Connection } from './connection.ts'
import type { FollowOptions, RunEvent } from './views.ts'
import { AgentOSError, isPassing, toAgentOSError } from './error.ts'

/** Events that have arrived and are not read yet; above this the subscription is closed and resumed once they are read. */
const MAX_UNREAD = 20_000
/** Times in a row that a socket cannot be opened at a server that does answer. */
const MAX_REFUSED = 8

interface Feed {
  /** Ends when the subscription did, for whatever reason; rejects when the server refused it. */
  events: () => AsyncGenerator<RunEvent>
  close: () => void
}

/** One subscription to a run's log, as something to iterate over. The socket below it comes back by itself when it is lost. */
export async function openFeed(connection: Connection, options: FollowOptions & { runId: string, after: number }): Promise<Feed> {
  const { runId, after, signal, onConnection } = options
  let unread: RunEvent[] = []
  let ended: { error: unknown } | null = null
  let wake = () => {}
  let isUp = true
  let refused = 0

  const end = (error: unknown) => {
    ended ??= { error }
    wake()
  }
  const tell = (up: boolean) => {
    if (up !== isUp && !ended)
      onConnection?.(up)
    isUp = up
  }
  /** Why there is no socket: the server is away, which passes, or it does not let us in, which does not. */
  const onLost = async () => {
    tell(false)
    try {
      await connection.trpc.runs.get.query({ run: runId })
      if (++refused >= MAX_REFUSED)
        end(new AgentOSError(`${connection.url} answers, but opens no WebSocket at /trpc: a proxy in between may not pass it on`, 'NO_WEBSOCKET'))
    }
    catch (error) {
      const known = toAgentOSError(error, connection.url)
      if (!isPassing(known))
        end(known)
    }
  }

  const trpc = await connection.live()
  const subscription = trpc.events.follow.subscribe({ runId, after }, {
    onData: ({ data }) => {
      unread.push(...data)
      if (unread.length > MAX_UNREAD) {
        subscription.unsubscribe()
        end(null)
      }
      wake()
    },
    onStarted: () => {
      refused = 0
      tell(true)
    },
    onError: end,
    onComplete: () => end(null),
    onConnectionStateChange: ({ state, error }) => {
      if (state === 'connecting' && error)
        void onLost()
    },
  })
  const abort = () => end(null)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted)
    abort()

  return {
    async* events() {
      while (true) {
        const batch = unread
        unread = []
        yield* batch
        if (unread.length > 0)
          continue
        if (ended?.error)
          throw ended.error
        if (ended)
          return
        await new Promise<void>((resolve) => { wake = resolve })
      }
    },
    close() {
      ended ??= { error: null }
      signal?.removeEventListener('abort', abort)
      subscription.unsubscribe()
    },
  }
}
