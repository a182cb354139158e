import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Redactor } from '../../domain/redact/redactor.ts'
import type { AllowedModels } from './allowed-models.ts'
import type { WireBounds } from './bounds.ts'
import type { WireRecorder } from './recorder.ts'
import type { WireFormat } from './route.ts'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { chmod, chown } from 'node:fs/promises'
import { createServer, STATUS_CODES } from 'node:http'
import { createAnswering } from './answer-request.ts'
import { WIRE_BOUNDS } from './bounds.ts'
import { newToken } from './token.ts'
import { wireError } from './wire-error.ts'

/** Where a run's programs find it: a socket in the file system for a run's user, or a free port of this machine's loopback. */
export type WirePlace = { socketPath: string, user: { uid: number, gid: number } | null } | { port: 0 }

export interface WireOptions {
  place: WirePlace
  models: AllowedModels
  recorder: WireRecorder
  /** Takes out of requests what a provider may not see. */
  redactor: Redactor
  bounds?: Partial<WireBounds>
}

export interface Wire {
  /** What this run's programs show in place of a key. */
  token: string
  /** null: it is a socket in the file system. */
  port: number | null
  /** What can be spoken with it. */
  formats: WireFormat[]
  /** Ends the calls that are under way; resolves when each is recorded and nobody can call any more. Idempotent. */
  close: () => Promise<void>
}

/** A unix socket's address has 108 bytes, the last of which is zero. */
export const MAX_SOCKET_PATH_BYTES = 107

/**
 * The models as command-line agents see them: OpenAI chat and Responses, Anthropic messages and Gemini, for one run. It passes on
 * what both sides say, puts the provider's key in place of the run's token, and counts.
 */
export async function openWire({ place, models, recorder, redactor, bounds: given }: WireOptions): Promise<Wire> {
  const bounds = { ...WIRE_BOUNDS, ...given }
  const token = newToken()
  const ending = new AbortController()
  const underWay = new Set<Promise<void>>()
  const answer = createAnswering({ token, models, recorder, bounds, redactor, signal: ending.signal })
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: bounds.headersTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, bounds.headersTimeoutMs),
    keepAliveTimeout: 30_000,
    requireHostHeader: false,
  }, oneAtATime((request, response) => {
    const answering = answer(request, response)
    underWay.add(answering)
    void answering.finally(() => underWay.delete(answering))
    return answering
  }))
  server.maxConnections = bounds.maxConnections
  server.on('clientError', refuseBroken)
  server.on('connect', (_request, socket) => refuseSocket(socket, 405, 'Nothing is connected to from here.'))
  const port = await listen(server, place)

  return {
    token,
    port,
    formats: models.formats(),
    async close() {
      ending.abort()
      server.close()
      await Promise.allSettled(underWay)
      server.closeAllConnections()
    },
  }
}

/** A connection that asks again before it was answered would have its requests kept waiting here without end: it is cut. */
function oneAtATime(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const busy = new WeakSet<Socket>()
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    if (busy.has(socket))
      return void socket.destroy()
    busy.add(socket)
    response.once('close', () => busy.delete(socket))
    void answer(request, response)
  }
}

async function listen(server: Server, place: WirePlace): Promise<number | null> {
  if ('port' in place) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port // listening on TCP
  }
  const { socketPath, user } = place
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES)
    throw new Error(`Expected a path of at most ${MAX_SOCKET_PATH_BYTES} bytes for a socket, got ${Buffer.byteLength(socketPath)}: ${socketPath}`)
  server.listen(socketPath)
  await once(server, 'listening')
  await chmod(socketPath, 0o660)
  if (user)
    await chown(socketPath, user.uid, user.gid)
  return null
}

/** What is no HTTP: said as far as it can be, and the connection ends. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable)
    return void socket.destroy()
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return refuseSocket(socket, 431, 'The head of the request is longer than 16 KiB.')
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return refuseSocket(socket, 408, 'The request did not come in time.')
  refuseSocket(socket, 400, 'This is no HTTP request that is understood here.')
}

function refuseSocket(socket: Duplex, status: 400 | 405 | 408 | 431, problem: string): void {
  const body = wireError('chat', status, problem)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy())
}
