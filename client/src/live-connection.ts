import type { AppRouter } from '@agentos/server/router'
import type { TRPCClient } from '@trpc/client'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { WebSocket } from 'ws'

export interface LiveConnection {
  trpc: TRPCClient<AppRouter>
  close: () => Promise<void>
}

/** A lost socket is opened again by itself, and what was subscribed goes on where it was. */
export function openLive(base: URL, headers: Record<string, string>): LiveConnection {
  const url = new URL(base)
  url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:'

  /** The WebSocket of the standard cannot carry a header, and a key does not belong into a URL. */
  class AuthorizedWebSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers, perMessageDeflate: false })
    }
  }

  const socket = createWSClient({
    url: url.href,
    // The package's socket has every member that tRPC uses; only its event types differ from the DOM's.
    WebSocket: AuthorizedWebSocket as unknown as typeof globalThis.WebSocket,
    // An unused socket is closed after a second. Not at once: with 0 a timer fires all the time while one is in use.
    lazy: { enabled: true, closeMs: 1_000 },
    keepAlive: { enabled: true, intervalMs: 15_000, pongTimeoutMs: 10_000 },
    retryDelayMs: attempt => Math.random() * Math.min(5_000, 100 * 2 ** attempt),
  })
  return {
    trpc: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }),
    close: () => socket.close(),
  }
}
