import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { createConnection } from './socket.ts'

/** A real pair: our side of the socket, and a raw client that reads when it is told to. */
async function openPair() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const accepted = Promise.withResolvers<{ ws: import('ws').WebSocket, socket: import('node:net').Socket }>()
  server.on('upgrade', (request, socket, head) => wss.handleUpgrade(request, socket, head, ws => accepted.resolve({ ws, socket: socket as import('node:net').Socket })))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {})
  client.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n')
  const { ws, socket } = await accepted.promise
  client.pause()
  onTestFinished(() => {
    client.destroy()
    ws.terminate()
    server.close()
  })
  return { ws, socket, client }
}

const chunk = 'x'.repeat(200 * 1024)

it('holds a writer back while the reader reads nothing, and lets it go on when it does', async () => {
  const { ws, socket, client } = await openPair()
  const connection = createConnection(ws, socket)
  const { signal } = new AbortController()
  let sent = 0
  let most = 0
  const writer = (async () => {
    while (sent < 200) {
      await connection.drained(signal)
      ws.send(chunk)
      sent++
      most = Math.max(most, ws.bufferedAmount)
    }
  })()
  // The kernel takes some; then the writer stands still although nothing tells it to.
  let before = -1
  while (before !== sent) {
    before = sent
    for (let turn = 0; turn < 50; turn++)
      await new Promise(resolve => setImmediate(resolve))
  }
  expect(sent).toBeLessThan(200)
  client.resume()
  await writer
  expect(sent).toBe(200)
  expect(most).toBeLessThan(1024 * 1024)
})

it('bounds what many subscriptions of one socket add together', async () => {
  const { ws, socket, client } = await openPair()
  const connection = createConnection(ws, socket)
  const { signal } = new AbortController()
  let most = 0
  const writers = Array.from({ length: 30 }, async () => {
    for (let sent = 0; sent < 10; sent++) {
      await connection.drained(signal)
      ws.send(chunk)
      most = Math.max(most, ws.bufferedAmount)
    }
  })
  client.resume()
  await Promise.all(writers)
  expect(most).toBeLessThan(1024 * 1024)
})

it('lets a writer go that waits when its subscription is stopped or the socket closes', async () => {
  const { ws, socket } = await openPair()
  const connection = createConnection(ws, socket)
  while (ws.bufferedAmount < 2 * 1024 * 1024)
    ws.send(chunk)
  const stopped = new AbortController()
  const waiting = connection.drained(stopped.signal)
  stopped.abort()
  await waiting
  const other = connection.drained(new AbortController().signal)
  ws.terminate()
  await other
})

it('reads no more questions while too many answers wait', async () => {
  const { ws, socket, client } = await openPair()
  createConnection(ws, socket)
  while (ws.bufferedAmount < 2 * 1024 * 1024)
    ws.send(chunk)
  const asked = once(ws, 'message')
  client.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0])) // an empty text message, masked
  await asked
  expect(ws.isPaused).toBe(true)
  const resumed = new Promise<void>(resolve => socket.once('drain', () => setImmediate(resolve)))
  client.resume()
  await resumed
  expect(ws.isPaused).toBe(false)
})

it('has a bounded number of places for subscriptions', async () => {
  const { ws, socket } = await openPair()
  const connection = createConnection(ws, socket)
  const leave = Array.from({ length: 64 }, () => connection.subscribe())
  expect(leave.every(Boolean)).toBe(true)
  expect(connection.subscribe()).toBeNull()
  leave[0]!()
  leave[0]!()
  expect(connection.subscribe()).not.toBeNull()
  expect(connection.subscribe()).toBeNull()
})
