import type { AddressInfo, Socket } from 'node:net'
import type { SignedIn } from '../auth/authenticate.ts'
import type { RouterServices } from '../router/context.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createOriginRules } from './origin.ts'
import { createSockets } from './upgrade.ts'

const actor = { organisationId: 'o', organisationName: 'o', userId: 'u', userName: 'u' }

async function serve(options: { pingMs?: number, maxSockets?: number, by?: SignedIn['by'], started?: Promise<void> } = {}) {
  const { by = { kind: 'credential' }, started = Promise.resolve(), ...rest } = options
  const sockets = createSockets({
    services: {} as RouterServices, // no procedure is called
    authenticate: async () => ({ actor, by }),
    rules: createOriginRules({ host: '127.0.0.1', publicUrl: null }),
    started,
    logger: pino({ level: 'silent' }),
    ...rest,
  })
  const server = createServer().listen(0, '127.0.0.1')
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket as Socket, head))
  await once(server, 'listening')
  onTestFinished(async () => {
    await sockets.stop()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { sockets, port, url: `ws://127.0.0.1:${port}/trpc`, origin: `http://127.0.0.1:${port}` }
}

it('ends a socket whose other end has gone without a word', async () => {
  const { sockets, port } = await serve({ pingMs: 30 })
  const silent = connect(port, '127.0.0.1')
  silent.write(`GET /trpc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`)
  await once(silent, 'data')
  expect(sockets.count()).toBe(1)
  silent.resume()
  await once(silent, 'close')
  await expect.poll(() => sockets.count()).toBe(0)
})

it('keeps a socket that answers', async () => {
  const { sockets, url } = await serve({ pingMs: 20 })
  const socket = new WebSocket(url)
  let pings = 0
  await new Promise<void>(resolve => socket.on('ping', () => ++pings === 4 && resolve()))
  expect(socket.readyState).toBe(WebSocket.OPEN)
  expect(sockets.count()).toBe(1)
})

it('closes the socket of a session that has come to its end', async () => {
  const { url, origin } = await serve({ pingMs: 20, by: { kind: 'session', sessionId: 's', expiresAtMs: Date.now() - 1 } })
  const socket = new WebSocket(url, { headers: { origin } })
  expect((await once(socket, 'close'))[0]).toBe(1008)
})

it('opens so many and no more', async () => {
  const { url } = await serve({ maxSockets: 1 })
  await once(new WebSocket(url), 'open')
  const second = new WebSocket(url)
  second.on('error', () => {})
  const [, response] = await once(second, 'unexpected-response') as [unknown, { statusCode: number }]
  expect(response.statusCode).toBe(503)
})

it('lets a socket wait until calls can be served, and then opens it', async () => {
  const started = Promise.withResolvers<void>()
  const { sockets, url } = await serve({ started: started.promise })
  const opened = once(new WebSocket(url), 'open')
  expect(sockets.count()).toBe(0)
  started.resolve()
  await opened
  expect(sockets.count()).toBe(1)
})

it('tells every socket to come back elsewhere when it stops', async () => {
  const { sockets, url } = await serve()
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await sockets.stop()
  expect((await closed)[0]).toBe(1012)
})
