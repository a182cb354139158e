import type { Connection } from './connection.ts'
import type { FollowOptions, RunUsage } from './views.ts'
import { toAgentOSError } from './error.ts'

/**
 * What the processes of a run use, a sample about once a second; it returns when the run has ended. A reader that is slower gets the newest
 * sample and not all that it missed. When the connection is lost it goes on by itself once it is back.
 */
export async function* followUsage(connection: Connection, run: string, { signal, onConnection }: Omit<FollowOptions, 'after'> = {}): AsyncGenerator<RunUsage, void, undefined> {
  let newest: RunUsage | null = null
  let ended: { error: unknown } | null = null
  let wake = () => {}
  const end = (error: unknown) => {
    ended ??= { error }
    wake()
  }

  // Asked over HTTP first: a socket that is refused does not say why.
  const { id: runId } = await connection.trpc.runs.get.query({ run }, signal ? { signal } : {}).catch((error: unknown) => {
    throw toAgentOSError(error, connection.url)
  })
  const trpc = await connection.live()
  const subscription = trpc.runs.usage.subscribe({ runId }, {
    onData: (usage) => {
      newest = usage
      wake()
    },
    onError: end,
    onComplete: () => end(null),
    onConnectionStateChange: ({ state }) => onConnection?.(state !== 'connecting'),
  })
  const abort = () => end(null)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted)
    abort()
  try {
    while (true) {
      const usage: RunUsage | null = newest
      newest = null
      if (usage)
        yield usage
      else if (ended)
        break
      else
        await new Promise<void>((resolve) => { wake = resolve })
    }
    const { error } = ended as { error: unknown } // set, or the loop goes on
    if (error)
      throw toAgentOSError(error, connection.url)
  }
  finally {
    signal?.removeEventListener('abort', abort)
    subscription.unsubscribe()
  }
}
