import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Authenticate, SignedIn } from '../auth/authenticate.ts'
import type { RouterServices } from '../router/context.ts'
import type { ErrorCode } from './errors.ts'
import type { OriginRules } from './origin.ts'
import { getWSConnectionHandler } from '@trpc/server/adapters/ws'
import { WebSocketServer } from 'ws'
import { createGate } from '../router/gate.ts'
import { appRouter } from '../router/router.ts'
import { createEncoder } from './encoder.ts'
import { errorBody, statusOf } from './errors.ts'
import { requestIdOf } from './request-id.ts'
import { createConnection } from './socket.ts'
import { BATCH_CALLS, logTrpcError } from './trpc-route.ts'

const MESSAGE_BYTES = 1024 * 1024
const SOCKETS = 4096
const SOCKETS_PER_USER = 2048
/** A socket that has not answered a ping by the next one is gone, whatever TCP believes. */
const PING_MS = 30_000
const CLOSE_MS = 2_000
/** When many come back at once, so many sockets are opened in a turn of the loop. */
const OPENED_AT_ONCE = 32

/** RFC 6455: 1008 policy violation, 1012 service restart. */
const CLOSED_SIGNED_OUT = 1008
const CLOSED_RESTARTING = 1012

export interface Sockets {
  /** For the server's `upgrade` event. */
  upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void
  count: () => number
  /** What waits to be sent, over all of them. */
  waitingBytes: () => number
  closeOf: (sessionId: string) => void
  stop: () => Promise<void>
}

export interface SocketOptions {
  services: RouterServices
  authenticate: Authenticate
  rules: OriginRules
  /** Resolves when calls can be served; until then sockets wait. */
  started: Promise<void>
  logger: Logger
  pingMs?: number
  maxSockets?: number
}

/** The WebSocket side of the door: the same questions as over HTTP, asked once, before the upgrade. */
export function createSockets({ services, authenticate, rules, started, logger, pingMs = PING_MS, maxSockets = SOCKETS }: SocketOptions): Sockets {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MESSAGE_BYTES, clientTracking: false })
  wss.on('headers', (headers, request) => headers.push(`X-Request-Id: ${requestIdOf(request)}`))
  const open = new Map<WebSocket, { signedIn: SignedIn, isAlive: boolean }>()
  const socketsOf = new Map<string, number>()
  const encoder = createEncoder()
  const opening = createGate(OPENED_AT_ONCE)
  let pings: NodeJS.Timeout | null = null
  let isStopping = false

  async function admit(request: IncomingMessage): Promise<SignedIn | [ErrorCode, string]> {
    if (!rules.isOurHost(request))
      return ['FORBIDDEN', 'this server is not called that']
    if (request.url?.split('?')[0] !== '/trpc')
      return ['NOT_FOUND', 'the WebSocket is at /trpc']
    const origin = rules.originOf(request)
    if (origin === 'foreign')
      return ['FORBIDDEN', `a page of ${request.headers.origin} may not open a socket here`]
    const signedIn = await authenticate(request)
    if (!signedIn)
      return ['UNAUTHORIZED', 'sign in first']
    if (origin === 'none' && signedIn.by.kind === 'session')
      return ['FORBIDDEN', 'a request with a cookie must carry the Origin header of this server']
    await started
    return signedIn
  }

  /** Asked at the moment in which the socket is opened. */
  function whyNotNow({ actor }: SignedIn): string | null {
    if (isStopping)
      return 'this server is stopping'
    return open.size >= maxSockets || socketsBy(actor.userId) >= SOCKETS_PER_USER ? 'too many sockets are open' : null
  }

  function socketsBy(userId: string, change = 0): number {
    const count = (socketsOf.get(userId) ?? 0) + change
    count > 0 ? socketsOf.set(userId, count) : socketsOf.delete(userId)
    return count
  }

  function serve(ws: WebSocket, request: IncomingMessage, socket: Socket, signedIn: SignedIn): void {
    const state = { signedIn, isAlive: true }
    open.set(ws, state)
    socketsBy(signedIn.actor.userId, 1)
    pings ??= setInterval(ping, pingMs)
    ws.on('pong', () => state.isAlive = true)
    ws.on('close', () => {
      open.delete(ws)
      socketsBy(signedIn.actor.userId, -1)
      if (open.size === 0 && pings) {
        clearInterval(pings)
        pings = null
      }
    })
    const connection = createConnection(ws, socket)
    getWSConnectionHandler({
      router: appRouter,
      maxBatchSize: BATCH_CALLS,
      experimental_encoder: encoder,
      createContext: () => ({ ...services, actor: signedIn.actor, connection }),
      onError: logTrpcError(logger.child({ requestId: requestIdOf(request) })),
      wss,
    })(ws, request)
  }

  function ping(): void {
    for (const [ws, state] of open) {
      const { by } = state.signedIn
      if (!state.isAlive) {
        ws.terminate()
      }
      else if (by.kind === 'session' && by.expiresAtMs <= Date.now()) {
        ws.close(CLOSED_SIGNED_OUT, 'the session has expired')
      }
      else {
        state.isAlive = false
        ws.ping()
      }
    }
  }

  return {
    upgrade(request, socket, head) {
      const onError = () => socket.destroy()
      socket.on('error', onError)
      admit(request).then(async (answer) => {
        if (Array.isArray(answer))
          return refuse(socket, ...answer)
        await opening.pass(async () => {
          const why = whyNotNow(answer)
          if (why !== null)
            return refuse(socket, 'SERVICE_UNAVAILABLE', why)
          socket.off('error', onError)
          wss.handleUpgrade(request, socket, head, ws => serve(ws, request, socket, answer))
        })
      }).catch((error: unknown) => {
        logger.error({ err: error, requestId: requestIdOf(request) }, 'an upgrade failed')
        socket.destroy()
      })
    },

    count: () => open.size,

    waitingBytes: () => open.keys().reduce((bytes, ws) => bytes + ws.bufferedAmount, 0),

    closeOf(sessionId) {
      for (const [ws, { signedIn: { by } }] of open) {
        if (by.kind === 'session' && by.sessionId === sessionId)
          ws.close(CLOSED_SIGNED_OUT, 'signed out')
      }
    },

    async stop() {
      isStopping = true
      const closed = [...open.keys()].map(ws => new Promise<void>((resolve) => {
        ws.once('close', () => resolve())
        ws.close(CLOSED_RESTARTING, 'the server is stopping')
        setTimeout(() => ws.terminate(), CLOSE_MS).unref()
      }))
      await Promise.all(closed)
    },
  }
}

function refuse(socket: Socket, code: ErrorCode, message: string): void {
  const body = JSON.stringify(errorBody(code, message))
  socket.end([
    `HTTP/1.1 ${statusOf(code)} ${code}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n'))
}
