import type { App } from '../src/app.ts'
import type { AppRouter } from '../src/router/router.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTRPCClient, createWSClient, httpLink, splitLink, wsLink } from '@trpc/client'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startApp } from '../src/app.ts'
import { loadConfig } from '../src/config/config.ts'

/** A server of this process on a data folder of its own, with everything real; it ends with the test. */
export async function startServer(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await openServer({ AGENTOS_DATA_DIR: await temporaryFolder(), ...env })
  onTestFinished(() => server.stop())
  return server
}

/** The same for a whole file: who opens it stops it. */
export async function openServer(env: Record<string, string> = {}): Promise<TestServer> {
  const dataDir = env.AGENTOS_DATA_DIR ?? await mkdtemp(join(tmpdir(), 'agentos-server-test-'))
  const app = await startApp(loadConfig({ ...bareEnvironment(), AGENTOS_DATA_DIR: dataDir, ...env }), { quiet: true })
  return {
    ...app,
    dataDir,
    async stop() {
      await app.stop()
      if (!env.AGENTOS_DATA_DIR)
        await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type TestServer = App & { dataDir: string }

/** What a server needs to be alone: no key of this machine's, any free port. */
export function bareEnvironment(): Record<string, string> {
  return { AGENTOS_PORT: '0', AGENTOS_LOG_LEVEL: 'fatal', AGENTOS_WORKSPACE_ROOTS: tmpdir() }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'agentos-server-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export type Client = ReturnType<typeof connect>

/** A typed client with the credential: calls over HTTP, subscriptions over one WebSocket. */
export function connect({ url, credential }: Pick<App, 'url' | 'credential'>) {
  const headers = { authorization: `Bearer ${credential}` }
  const socket = createWSClient({
    url: `${url.replace('http', 'ws')}/trpc`,
    WebSocket: socketWith(headers),
    lazy: { enabled: true, closeMs: 0 },
    retryDelayMs: () => 50,
  })
  onTestFinished(() => void socket.close())
  return createTRPCClient<AppRouter>({
    links: [splitLink({
      condition: operation => operation.type === 'subscription',
      true: wsLink({ client: socket }),
      false: httpLink({ url: `${url}/trpc`, headers }),
    })],
  })
}

const opened = new Set<WebSocket>()

/** As when the network goes: every client's socket ends without a word. */
export function cutSockets(): void {
  for (const socket of opened)
    socket.terminate()
}

function socketWith(headers: Record<string, string>): typeof globalThis.WebSocket {
  return class extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers })
      opened.add(this)
      this.on('close', () => opened.delete(this))
    }
  } as unknown as typeof globalThis.WebSocket // ws has the same surface, but other event types
}

/** Trades a one-time link for the cookie of a session. */
export async function signIn({ url, setupLink }: Pick<App, 'url' | 'setupLink'>): Promise<string> {
  const response = await postToken(url, setupLink)
  return response.headers.getSetCookie()[0]!.split(';')[0]!
}

export function postToken(url: string, link: string): Promise<Response> {
  return fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'origin': url },
    body: JSON.stringify({ token: new URL(link).searchParams.get('token') }),
  })
}

/** A script of one command that needs nothing of the machine. */
export function script(run: string, more = ''): { source: string } {
  const name = `test-${Math.random().toString(36).slice(2, 10)}`
  return { source: `name: ${name}\nisolation: process\neffects: tell\n${more}steps:\n  - name: work\n    run: |\n${run.split('\n').map(line => `      ${line}`).join('\n')}\n` }
}
