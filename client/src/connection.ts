import type { AppRouter } from '@agentos/server/router'
import type { TRPCClient } from '@trpc/client'
import type { AgentOSOptions } from './views.ts'
import { createTRPCClient, createWSClient, httpLink, splitLink, wsLink } from '@trpc/client'
import { WebSocket } from 'ws'
import { toAgentOSError } from './error.ts'

export interface Connection {
  url: string
  trpc: TRPCClient<AppRouter>
  /** Turns a failure of the transport or of the server into an AgentOSError. */
  call: <T>(pending: Promise<T>) => Promise<T>
  close: () => Promise<void>
}

/** Calls go over HTTP, subscriptions over one WebSocket that is opened at the first one and closed when idle. */
export function connect({ url, apiKey }: AgentOSOptions): Connection {
  const base = new URL('/trpc', url)
  const headers = { authorization: `Bearer ${apiKey}` }
  const socketUrl = new URL(base)
  socketUrl.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:'

  /** The WebSocket of the standard cannot carry a header, and a key does not belong into a URL. */
  class AuthorizedWebSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers, perMessageDeflate: false })
    }
  }

  const socket = createWSClient({
    url: socketUrl.href,
    // The package's socket has every member that tRPC uses; only its event types differ from the DOM's.
    WebSocket: AuthorizedWebSocket as unknown as typeof globalThis.WebSocket,
    lazy: { enabled: true, closeMs: 0 },
    keepAlive: { enabled: true, intervalMs: 15_000, pongTimeoutMs: 10_000 },
    retryDelayMs: attempt => Math.random() * Math.min(5_000, 100 * 2 ** attempt),
  })
  const trpc = createTRPCClient<AppRouter>({
    links: [splitLink({
      condition: operation => operation.type === 'subscription',
      true: wsLink({ client: socket }),
      false: httpLink({ url: base.href, headers }),
    })],
  })
  return {
    url,
    trpc,
    call: pending => pending.catch((error) => { throw toAgentOSError(error, url) }),
    close: async () => { await socket.close() },
  }
}
