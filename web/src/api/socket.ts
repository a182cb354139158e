import { createWSClient } from '@trpc/client'

/** `idle`: nobody subscribes. `reconnecting`: it was lost and is being opened again. */
export type SocketState = 'idle' | 'connecting' | 'reconnecting' | 'live'

/** The page's one socket: opened by the first subscription, kept while there is one, opened again for ever when it is lost. */
export function createSocket() {
  const client = createWSClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/trpc`,
    lazy: { enabled: true, closeMs: 30_000 },
    keepAlive: { enabled: true, intervalMs: 20_000, pongTimeoutMs: 5_000 },
    retryDelayMs: reconnectDelayMs,
  })

  return {
    client,
    onState(listener: (state: SocketState) => void): () => void {
      const subscription = client.connectionState.subscribe({
        next(change) {
          if (change.state === 'idle')
            listener('idle')
          else if (change.state === 'pending')
            listener('live')
          else
            listener(change.error ? 'reconnecting' : 'connecting')
        },
      })
      return () => subscription.unsubscribe()
    },
  }
}

/** Doubles up to 10 s. Half of it is chance, so that a thousand pages do not come back in the same instant. */
export function reconnectDelayMs(attempt: number, random = Math.random): number {
  const ceiling = Math.min(400 * 2 ** attempt, 10_000)
  return Math.round(ceiling / 2 + random() * ceiling / 2)
}
