import type { IncomingMessage } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { NewEvent } from '../domain/event.ts'
import type { ProxyOptions } from './proxy.ts'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parseHostPattern } from '../domain/host-pattern.ts'
import { createProxy } from './proxy.ts'

const API_PORT = 4700

/** With nothing but the rules that a server has. */
async function openProxy(hosts: string[] | 'open', more: Partial<ProxyOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'agentos-proxy-'))
  const path = join(folder, 's')
  const events: NewEvent[] = []
  const proxy = createProxy({
    hosts,
    allowed: hosts === 'open' ? hosts : hosts.map(host => parseHostPattern(host)!),
    apiPort: API_PORT,
    apiHosts: ['agents.example.com'],
    onEvent: event => events.push(event),
    ...more,
  })
  proxy.server.listen(path)
  await once(proxy.server, 'listening')
  onTestFinished(async () => {
    await proxy.close()
    rmSync(folder, { recursive: true })
  })
  return { path, events, proxy, data: () => events.map(({ type, data }) => ({ type, ...data })) }
}

/** Every name leads to this machine, and that is allowed: the only one that a test can connect to. */
const HERE: Partial<ProxyOptions> = { judge: () => 'public', resolve: async () => ['127.0.0.1'] }

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port // listening on TCP
}

function open(path: string): Socket {
  const socket = connect({ path, allowHalfOpen: true })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Writes, and reads to the end. */
async function ask(path: string, text: string): Promise<string> {
  const socket = open(path)
  socket.write(text)
  let said = ''
  socket.on('data', bytes => said += bytes).on('end', () => socket.end())
  await once(socket, 'close').catch(() => {})
  return said
}

const tunnelTo = (target: string) => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`

async function until(socket: Socket, word: string): Promise<string> {
  let said = ''
  while (!said.includes(word))
    said += (await once(socket, 'data'))[0]
  return said
}

it('a tunnel leads to a host that is listed, by the address that was checked, and either side may end first', async () => {
  const port = await listen(createServer({ allowHalfOpen: true }, (socket) => {
    let heard = ''
    socket.on('data', bytes => heard += bytes).on('end', () => socket.end(`heard ${heard}`))
  }))
  const { path, data } = await openProxy([`Allowed.example:${port}`], HERE)
  const socket = open(path)
  socket.write(`${tunnelTo(`ALLOWED.example.:${port}`)}early `)
  await until(socket, '200 Connection established\r\n\r\n')
  socket.end('late')
  expect(await until(socket, 'late')).toBe('heard early late')
  expect(data()).toEqual([{ type: 'network.allowed', host: 'allowed.example', port, address: '127.0.0.1' }])
})

it('a host that is not listed is refused with those that are, and nobody even asks for its name', async () => {
  const resolved: string[] = []
  const { path, data } = await openProxy(['allowed.example', '*.wide.example'], { resolve: async (host) => {
    resolved.push(host)
    return ['127.0.0.1']
  } })
  for (const target of ['evil.example:443', 'wide.example:443', 'allowed.example:22', 'allowed.example.evil.org:443', '127.0.0.1:443'])
    expect(await ask(path, tunnelTo(target))).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[\s\S]*allowed\.example, \*\.wide\.example/)
  expect(resolved).toEqual([])
  expect(data()[0]).toEqual({ type: 'network.denied', host: 'evil.example', port: 443, reason: 'the manifest does not list it' })
  expect(data()).toHaveLength(5)
})

const own = Object.values(networkInterfaces()).flatMap(list => list ?? []).find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1'

it.each([
  `127.0.0.1:${API_PORT}`,
  `0.0.0.0:${API_PORT}`,
  `[::1]:${API_PORT}`,
  `[::]:${API_PORT}`,
  `[::ffff:127.0.0.1]:${API_PORT}`,
  `[::127.0.0.1]:${API_PORT}`,
  `[64:ff9b::7f00:1]:${API_PORT}`,
  `0x7f.1:${API_PORT}`,
  `2130706433:${API_PORT}`,
  `127.1:${API_PORT}`,
  `localhost:${API_PORT}`,
  `localhost.:${API_PORT}`,
  `x.localhost:${API_PORT}`,
  `rebound.example:${API_PORT}`,
  `agents.example.com:443`,
  `${own}:${API_PORT}`,
  '169.254.169.254:80',
  'metadata.google.internal:80',
  '[fd00:ec2::254]:80',
  '100.100.100.200:80',
])('%s is never reached, with an open network or when the manifest names it', async (target) => {
  const resolve = async () => ['127.0.0.1']
  const port = target.slice(target.lastIndexOf(':') + 1)
  const name = target.slice(0, -port.length - 1)
  const literal = name.startsWith('[') ? [] : [`${name}:${port}`]
  for (const hosts of ['open' as const, [`*.example:${port}`, ...literal]]) {
    const { path, data } = await openProxy(hosts, { resolve })
    expect(await ask(path, tunnelTo(target))).toMatch(/^HTTP\/1.1 403/)
    expect(await ask(path, `GET http://${target}/ HTTP/1.1\r\nHost: ${target}\r\n\r\n`)).toMatch(/^HTTP\/1.1 403/)
    expect(data().map(({ type }) => type)).toEqual(['network.denied', 'network.denied'])
  }
})

it('a name is refused when one of its addresses is, and is asked for once for each connection', async () => {
  const answers = [['93.184.216.34', '127.0.0.1'], ['127.0.0.1']]
  let asked = 0
  const { path, data } = await openProxy('open', { resolve: async () => answers[asked++]! })
  expect(await ask(path, tunnelTo('rebind.example:443'))).toMatch(/^HTTP\/1.1 403/)
  expect(asked).toBe(1)
  expect(data()).toEqual([{ type: 'network.denied', host: 'rebind.example', port: 443, reason: expect.stringContaining('(127.0.0.1)') }])
})

it('the address that was checked is connected to, though the name has another one by then', async () => {
  const port = await listen(createServer(socket => socket.end('the checked one')))
  let asked = 0
  const { path } = await openProxy('open', { judge: address => address === '127.0.0.1' ? 'public' : { never: 'another' }, resolve: async () => asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2'] })
  expect(await ask(path, tunnelTo(`rebind.example:${port}`))).toContain('the checked one')
  expect(await ask(path, tunnelTo(`rebind.example:${port}`))).toMatch(/^HTTP\/1.1 403/)
})

it('an address of this machine or of a private network is reached by who is named alone', async () => {
  const resolve = async () => ['10.1.2.3']
  for (const hosts of ['open' as const, ['*.example']]) {
    const { path, data } = await openProxy(hosts, { resolve })
    expect(await ask(path, tunnelTo('db.example:443'))).toMatch(/^HTTP\/1.1 403[\s\S]*private network/)
    expect(data()[0]).toMatchObject({ type: 'network.denied', reason: expect.stringContaining('(10.1.2.3)') })
    expect(await ask(path, tunnelTo('db.example:443'))).not.toContain('10.1.2.3')
  }
  const server = createServer(socket => socket.end('named'))
  server.listen(0, own)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo // listening on TCP
  if (own === '127.0.0.1')
    return // This machine has no other address to try.
  expect(await ask((await openProxy('open')).path, tunnelTo(`${own}:${port}`))).toMatch(/^HTTP\/1.1 403/)
  expect(await ask((await openProxy([`${own}:${port}`])).path, tunnelTo(`${own}:${port}`))).toContain('named')
})

it('a request in absolute form is sent on without what is for proxies, with its body as it came', async () => {
  const seen: { request: IncomingMessage, body: string }[] = []
  const port = await listen(createHttpServer(async (request, response) => {
    let body = ''
    for await (const piece of request)
      body += piece
    seen.push({ request, body })
    response.writeHead(201, { 'x-answer': 'yes', 'proxy-authenticate': 'no', 'set-cookie': ['a=1', 'b=2'] }).end('made')
  }))
  const { path, data } = await openProxy([`allowed.example:${port}`], HERE)
  const head = `http://allowed.example:${port}/a/b?c=d HTTP/1.1\r\nHost: allowed.example:${port}\r\n`
  const said = await ask(path, `POST ${head}Proxy-Authorization: Basic x\r\nProxy-Connection: keep-alive\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 2\r\nContent-Length: 4\r\n\r\nbody`)
  expect(said).toMatch(/^HTTP\/1.1 201[\s\S]*x-answer: yes[\s\S]*set-cookie: a=1\r\nset-cookie: b=2[\s\S]*made/)
  expect(said).not.toContain('proxy-authenticate')
  expect(seen[0]!.body).toBe('body')
  expect(seen[0]!.request.url).toBe('/a/b?c=d')
  expect(seen[0]!.request.headers).toEqual({ 'host': `allowed.example:${port}`, 'x-kept': '2', 'content-length': '4', 'connection': 'close' })
  await ask(path, `DELETE ${head}Transfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n0\r\n\r\n`)
  expect(seen[1]).toMatchObject({ body: 'GET ' })
  expect(data().map(({ type }) => type)).toEqual(['network.allowed', 'network.allowed'])
})

it.each([
  ['another Host than the address', 'GET http://allowed.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n', 400],
  ['another port', 'GET http://allowed.example/ HTTP/1.1\r\nHost: allowed.example:81\r\n\r\n', 400],
  ['a request to the proxy itself', 'GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n', 400],
  ['https without a tunnel', 'GET https://allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\n\r\n', 400],
  ['a name and a password', 'GET http://a:b@allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\n\r\n', 400],
  ['two lengths', 'POST http://allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['no host', 'CONNECT :443 HTTP/1.1\r\nHost: x\r\n\r\n', 403],
  ['no port', 'CONNECT allowed.example HTTP/1.1\r\nHost: x\r\n\r\n', 403],
  ['headers without end', `GET http://allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
])('%s is refused', async (_, text, status) => {
  let connections = 0
  const { path } = await openProxy(['allowed.example'], { judge: () => 'public', resolve: async () => {
    connections++
    return ['127.0.0.1']
  } })
  expect(await ask(path, text)).toMatch(new RegExp(`^HTTP/1.1 ${status}`))
  expect(connections).toBe(0)
})

it('a request that is pipelined behind another one is not served', async () => {
  const urls: string[] = []
  const port = await listen(createHttpServer((request, response) => {
    urls.push(request.url!)
    setTimeout(() => response.end('one'), 50)
  }))
  const { path } = await openProxy([`allowed.example:${port}`], HERE)
  const request = (name: string) => `GET http://allowed.example:${port}/${name} HTTP/1.1\r\nHost: allowed.example:${port}\r\n\r\n`
  await ask(path, request('first') + request('second'))
  expect(urls).not.toContain('/second')
})

it('a reader that does not read holds up its sender, and no memory', async () => {
  let sentBytes = 0
  const port = await listen(createServer((socket) => {
    socket.on('error', () => {})
    const piece = Buffer.alloc(64 * 1024)
    const more = () => {
      while (socket.write(piece))
        sentBytes += piece.length
    }
    socket.on('drain', more)
    more()
  }))
  const { path } = await openProxy([`allowed.example:${port}`], HERE)
  const socket = open(path)
  socket.write(tunnelTo(`allowed.example:${port}`))
  await once(socket, 'readable') // and nothing more is read
  let before
  do {
    before = sentBytes
    await new Promise(resolve => setTimeout(resolve, 200))
  } while (before !== sentBytes)
  expect(sentBytes).toBeLessThan(32 * 1024 * 1024) // what the kernel's buffers of three sockets hold
})

it('has 64 connections at a time, and is free again when they end', async () => {
  const port = await listen(createServer(socket => socket.on('error', () => {}).write('hello')))
  const { path } = await openProxy([`allowed.example:${port}`], HERE)
  const sockets = await Promise.all(Array.from({ length: 64 }, async () => {
    const socket = open(path)
    socket.write(tunnelTo(`allowed.example:${port}`))
    await until(socket, 'hello')
    return socket
  }))
  expect(await ask(path, tunnelTo(`allowed.example:${port}`))).toBe('')
  sockets[0]!.destroy()
  await expect.poll(async () => {
    const socket = open(path)
    socket.write(tunnelTo(`allowed.example:${port}`))
    return Promise.race([until(socket, 'hello').then(() => 'hello'), once(socket, 'close').then(() => '', () => '')])
  }).toBe('hello')
})

it('writes down 200 of a kind, and at its end how many it left out', async () => {
  const { path, proxy, data } = await openProxy(['allowed.example'])
  for (let round = 0; round < 41; round++)
    await Promise.all(Array.from({ length: 5 }, () => ask(path, tunnelTo('evil.example:443'))))
  expect(data()).toHaveLength(200)
  await proxy.close()
  expect(data()).toHaveLength(201)
  expect(data().at(-1)).toMatchObject({ type: 'network.denied', host: 'evil.example', omitted: 5 })
})

it('what is open is cut when it closes, and what does not answer is said', async () => {
  const server = createServer(socket => socket.on('error', () => {}).write('hello'))
  const port = await listen(server)
  const { path, proxy } = await openProxy([`allowed.example:${port}`, 'dead.example:9'], HERE)
  expect(await ask(path, tunnelTo('dead.example:9'))).toMatch(/^HTTP\/1.1 502[\s\S]*does not answer/)
  const socket = open(path)
  socket.write(tunnelTo(`allowed.example:${port}`))
  await until(socket, 'hello')
  const ended = once(socket, 'end')
  await proxy.close()
  socket.resume()
  await ended
  await expect.poll(() => new Promise(resolve => server.getConnections((_, count) => resolve(count)))).toBe(0)
})
