import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { NewEvent } from '../domain/event.ts'
import type { Verdict } from './addresses.ts'
import type { NetworkRules } from './decide.ts'
import type { Resolve } from './resolve.ts'
import { createServer } from 'node:http'
import { createDecide, judgeHere } from './decide.ts'
import { forward, targetOf } from './forward.ts'
import { createReport } from './report.ts'
import { createResolve } from './resolve.ts'
import { denialText, refuseSocket } from './texts.ts'
import { connectToFirst, joinSockets } from './tunnel.ts'

export interface ProxyOptions extends NetworkRules {
  /** The manifest's words, for whoever is refused. */
  hosts: string[] | 'open'
  onEvent: (event: NewEvent) => void
  /** For tests, which have only this machine to connect to; nothing that is read from outside leads here. */
  judge?: (address: string) => Verdict
  resolve?: Resolve
}

/** An HTTP proxy for one run: the only way out of its sandbox. It listens where its owner says. */
export interface Proxy {
  server: Server
  /** Cuts what is open. Idempotent. */
  close: () => Promise<void>
}

const MAX_CONNECTIONS = 64
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 10_000
const IDLE_MS = 5 * 60_000

export function createProxy(o: ProxyOptions): Proxy {
  const decide = createDecide(o, o.judge ?? judgeHere, o.resolve ?? createResolve())
  const report = createReport(o.onEvent)
  const sockets = new Set<Socket>()
  const used = new WeakSet<Socket>()
  // A request may take as long as it is not idle: an upload, an answer that is streamed.
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, connectionsCheckingInterval: 2_000 })
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => void tunnel(request, client, head).catch(() => client.destroy()))
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void pass(request, response).catch(() => request.socket.destroy()))

  let closing: Promise<void> | null = null
  return { server, close: () => closing ??= close() }

  async function tunnel(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    const { host, port } = authorityOf(request.url ?? '')
    const upstream = await open(host, port, client)
    if ('text' in upstream)
      return refuseSocket(client, upstream.status, upstream.text)
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0)
      upstream.socket.write(head)
    joinSockets(client, upstream.socket)
  }

  /** One request a connection: what is pipelined behind it would be open beside it. */
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (used.has(request.socket)) {
      request.socket.destroy()
      return
    }
    used.add(request.socket)
    const target = targetOf(request)
    if ('problem' in target)
      return answer(response, 400, target.problem)
    const upstream = await open(target.host, target.port, request.socket)
    if ('text' in upstream)
      return answer(response, upstream.status, upstream.text)
    forward(request, response, target, upstream.socket)
  }

  /** Resolves with a connection that may be used; one whose client has gone is closed again. */
  async function open(host: string, port: number, client: Socket): Promise<{ socket: Socket } | { status: number, text: string }> {
    const decision = await decide(host, port)
    if (!decision.allow) {
      const { reason, detail } = decision
      report.denied({ host: decision.host, port: Number.isInteger(port) ? port : 0, reason: detail === undefined ? reason : `${reason} (${detail})` })
      return { status: 403, text: denialText(decision, o.hosts) }
    }
    const socket = await connectToFirst(decision.addresses, decision.port, client)
    if (!socket)
      return { status: 502, text: `${decision.host}:${decision.port} is allowed, but does not answer.` }
    report.allowed({ host: decision.host, port: decision.port, address: socket.remoteAddress ?? decision.addresses[0]! })
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    return { socket }
  }

  async function close(): Promise<void> {
    const closed = new Promise(resolve => server.close(resolve))
    for (const socket of sockets)
      socket.destroy()
    await closed
    report.close()
  }
}

/** `host:port` of CONNECT; what is none is no host to `decide`. */
function authorityOf(text: string): { host: string, port: number } {
  const at = text.lastIndexOf(':')
  return /^\d{1,5}$/.test(text.slice(at + 1)) ? { host: text.slice(0, at), port: Number(text.slice(at + 1)) } : { host: text, port: Number.NaN }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'connection': 'close' }).end(`${text}\n`)
}
