import type { AppRouter } from '@agentos/server/router'
import type { TRPCClient } from '@trpc/client'
import type { LiveConnection } from './live-connection.ts'
import type { AgentOSOptions } from './views.ts'
import { createTRPCClient, httpLink } from '@trpc/client'
import { AgentOSError, toAgentOSError } from './error.ts'

export interface Connection {
  url: string
  /** Calls, over HTTP. */
  trpc: TRPCClient<AppRouter>
  /** Subscriptions, over one WebSocket for all of them; it is opened at the first one. */
  live: () => Promise<TRPCClient<AppRouter>>
  /** Turns a failure of the transport or of the server into an AgentOSError. */
  call: <T>(pending: Promise<T>) => Promise<T>
  close: () => Promise<void>
}

export function connect({ url, apiKey }: AgentOSOptions): Connection {
  const base = endpointOf(url)
  const headers = { authorization: `Bearer ${apiKey}` }
  let opened: Promise<LiveConnection> | null = null
  // Loaded when it is needed: most programs that only call never follow.
  const open = () => opened ??= import('./live-connection.ts').then(({ openLive }) => openLive(base, headers))
  return {
    url,
    trpc: createTRPCClient<AppRouter>({ links: [httpLink({ url: base.href, headers })] }),
    live: async () => (await open()).trpc,
    call: pending => pending.catch((error) => { throw toAgentOSError(error, url) }),
    close: async () => {
      const closing = opened
      opened = null
      await (await closing)?.close()
    },
  }
}

function endpointOf(url: string): URL {
  const base = URL.parse('/trpc', url)
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:')
    throw new AgentOSError(`expected the address of a server, such as http://127.0.0.1:4700, but got ${JSON.stringify(url)}`, 'BAD_REQUEST')
  return base
}
