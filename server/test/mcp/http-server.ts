import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { onTestFinished } from 'vitest'
import { createToolServer } from './tools-of-the-sdk.ts'

export interface ToolsByHttp {
  port: number
  url: string
  /** Of each request. */
  seen: { method: string, headers: IncomingMessage['headers'] }[]
  called: string[]
  /** As a restart does. */
  forgetSessions: () => void
}

/** The protocol's own library on a real socket: streamable HTTP, with a stream or one message for an answer, or the way of 2024. */
export async function startToolsByHttp({ way = 'stream' }: { way?: 'stream' | 'json' | 'older' } = {}): Promise<ToolsByHttp> {
  const seen: ToolsByHttp['seen'] = []
  const called: string[] = []
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const older = new Map<string, SSEServerTransport>()
  const server = createServer(async (request, response) => {
    seen.push({ method: request.method!, headers: request.headers })
    const url = new URL(request.url!, 'http://x')
    if (way === 'older') {
      if (request.method === 'GET') {
        const transport = new SSEServerTransport('/messages', response)
        older.set(transport.sessionId, transport)
        return createToolServer({ onCall: tool => called.push(tool) }).connect(transport)
      }
      const transport = older.get(url.searchParams.get('sessionId') ?? '')
      return transport ? transport.handlePostMessage(request, response) : response.writeHead(405).end()
    }
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (known)
      return known.handleRequest(request, response)
    if (id !== undefined)
      return response.writeHead(404).end('no such session')
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, enableJsonResponse: way === 'json', onsessioninitialized: session => void sessions.set(session, transport) })
    // The library's own type of a transport is not that of its servers under exact optional properties.
    await createToolServer({ onCall: tool => called.push(tool) }).connect(transport as Parameters<ReturnType<typeof createToolServer>['connect']>[0])
    return transport.handleRequest(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // it listens on TCP
  return { port, url: `http://127.0.0.1:${port}/mcp`, seen, called, forgetSessions: () => sessions.clear() }
}
