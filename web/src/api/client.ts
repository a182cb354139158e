import type { AppRouter } from '@agentos/server/router'
import type { TRPCClient } from '@trpc/client'
import type { InjectionKey } from 'vue'
import type { SocketState } from './socket.ts'
import { createTRPCClient, httpBatchLink, splitLink, wsLink } from '@trpc/client'
import { inject } from 'vue'
import { createSocket } from './socket.ts'

/** All that stores know of the server. A page never sees it. */
export interface Api {
  /** Subscriptions go over the one WebSocket, everything else over HTTP. */
  trpc: TRPCClient<AppRouter>
  /** Calls back now and at each change of the socket; returns how to stop. */
  onSocket: (listener: (state: SocketState) => void) => () => void
  /** Calls back when the server answers that nobody is signed in; returns how to stop. */
  onSignedOut: (listener: () => void) => () => void
  /** Trades the token of a one-time link for a session cookie. */
  signIn: (token: string) => Promise<{ ok: true } | { ok: false, status: number }>
  signOut: () => Promise<void>
}

export const apiKey: InjectionKey<Api> = Symbol('api')

export function useApi(): Api {
  const api = inject(apiKey)
  if (!api)
    throw new Error('no api: provide(apiKey, createApi()) before the first store is used')
  return api
}

export function createApi(): Api {
  const signedOut = new Set<() => void>()
  const socket = createSocket()

  async function fetchAndNotice(input: RequestInfo | URL | string, init?: RequestInit): Promise<Response> {
    const response = await fetch(input, init)
    if (response.status === 401)
      signedOut.forEach(listener => listener())
    return response
  }

  return {
    trpc: createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: operation => operation.type === 'subscription',
          true: wsLink({ client: socket.client }),
          false: httpBatchLink({ url: '/trpc', fetch: (url, init) => fetchAndNotice(url, init as RequestInit) }),
        }),
      ],
    }),
    onSocket: socket.onState,
    onSignedOut(listener) {
      signedOut.add(listener)
      return () => signedOut.delete(listener)
    },
    async signIn(token) {
      const response = await fetch('/api/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      })
      return response.ok ? { ok: true } : { ok: false, status: response.status }
    },
    async signOut() {
      await fetch('/api/session', { method: 'DELETE' })
    },
  }
}
