import type { Nginx, NginxOptions } from './nginx-harness.ts'
import type { TestServer } from './server-harness.ts'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { BODY_BYTES } from '../src/http/guard.ts'
import { freePort } from '../src/store/develop/free-port.ts'
import { ask, askOften, readSite, startNginx, testedNginx } from './nginx-harness.ts'
import { connect, openServer, script, startServer } from './server-harness.ts'

const ASSETS = fileURLToPath(new URL('../../web/dist/assets', import.meta.url))
const ONCE = ['x-content-type-options', 'x-frame-options', 'referrer-policy', 'content-security-policy']

it('nginx.conf has the limits that are promised, and takes bodies as large as the server does', async () => {
  const site = await readSite()
  expect(site).toMatch(/zone=agentos_api:10m rate=10r\/s;/)
  expect(site).toMatch(/zone=agentos_general:10m rate=30r\/s;/)
  expect(site).toMatch(/zone=agentos_api burst=20 nodelay;/)
  expect(site).toMatch(/zone=agentos_general burst=50 nodelay;/)
  expect(/client_max_body_size (\d+)m;/.exec(site)?.[1]).toBe(String(BODY_BYTES / 1024 / 1024))
})

describe.each(testedNginx())('behind %s', (program) => {
  let server: TestServer
  let nginx: Nginx
  beforeAll(async () => {
    const port = await freePort()
    server = await openServer({ AGENTOS_PUBLIC_URL: `http://127.0.0.1:${port}` })
    nginx = await startNginx(program, { port, upstreamPort: portOf(server) })
  })
  afterAll(async () => {
    await nginx.stop()
    await server.stop()
  })

  async function start(options: NginxOptions): Promise<Nginx> {
    const started = await startNginx(program, options)
    onTestFinished(() => started.stop())
    return started
  }

  it('a run is followed live, longer than the timeouts that nginx has by itself', async () => {
    const nginx = await start({ upstreamPort: portOf(server), defaults: 'proxy_read_timeout 1s; proxy_send_timeout 1s;' })
    const client = connect({ url: `http://127.0.0.1:${nginx.port}`, credential: server.credential })
    const run = await client.runs.submit.mutate({ manifest: script('echo first; sleep 3; echo last') })
    const seqs: number[] = []
    await new Promise<void>((resolve, reject) => {
      client.events.follow.subscribe({ runId: run.id }, {
        onData: ({ data }) => void seqs.push(...data.map(event => event.seq)),
        onComplete: resolve,
        onError: reject,
      })
    })
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    expect((await client.runs.get.query({ run: run.id })).status).toBe('succeeded')
  })

  it('a stream on which nothing is said stays open, where another answer is given up', async () => {
    const upstream = createServer(() => {}) // never answers
    upstream.on('upgrade', async (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
      await sleep(3000)
      socket.end('still here')
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    onTestFinished(() => {
      upstream.closeAllConnections()
      upstream.close()
    })
    const { port: upstreamPort } = upstream.address() as { port: number } // it listens on TCP
    const nginx = await start({ upstreamPort, defaults: 'proxy_read_timeout 1s; proxy_send_timeout 1s;' })
    const stream = readStream(nginx)
    const other = await ask(nginx, '/runs')
    expect(other).toMatchObject({ status: 502, headers: { 'content-type': 'application/json', 'retry-after': '2' } })
    expect(JSON.parse(other.body)).toMatchObject({ error: { data: { code: 'BAD_GATEWAY', httpStatus: 502 } } })
    const { text, tookMs } = await stream
    expect(text).toContain('still here')
    expect(tookMs).toBeGreaterThan(2900)
  })

  it('an address that asks too often is told so, as JSON, and no other', async () => {
    const headers = { authorization: `Bearer ${server.credential}` }
    const calls = await askOften(nginx, '/trpc/system.me', 200, '127.0.0.3', { headers })
    const refused = calls.filter(({ status }) => status === 429)
    const passed = calls.filter(({ status }) => status === 200)
    expect(refused.length + passed.length).toBe(200)
    expect(passed.length).toBeGreaterThanOrEqual(21)
    expect(refused.length).toBeGreaterThan(0)
    expect(JSON.parse(refused[0]!.body)).toMatchObject({ error: { code: -32029, data: { code: 'TOO_MANY_REQUESTS', httpStatus: 429 } } })
    expect(refused[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'retry-after': '1' })
    expect((await ask(nginx, '/trpc/system.me', { from: '127.0.0.4', headers })).status).toBe(200)

    expect((await askOften(nginx, '/TRPC/system.me', 200, '127.0.0.9')).some(({ status }) => status === 429)).toBe(true)

    const pages = await askOften(nginx, '/setup', 300, '127.0.0.5')
    expect(pages.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(51)
    expect(pages.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    expect(await askOften(nginx, '/health', 100, '127.0.0.5').then(all => all.every(({ status }) => status === 200))).toBe(true)
  })

  it('a first load of the page asks for all that there is, and gets it', async () => {
    const assets = await readdir(ASSETS)
    const paths = ['/setup', '/theme.js', '/favicon.svg', ...assets.map(name => `/assets/${name}`)]
    const answers = await Promise.all(paths.map(path => ask(nginx, path, { from: '127.0.0.6' })))
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200))
    const style = assets.find(name => /^index.*\.css$/.test(name))
    expect((await ask(nginx, `/assets/${style}`, { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBe('gzip')
  })

  it('every answer has each security header once, whoever gives it, and says nothing of versions', async () => {
    for (const path of ['/', '/setup', '/health', '/trpc/system.me', '/artifacts/x/y', '/.git/config', '/nothing.js']) {
      const { names, headers } = await ask(nginx, path)
      for (const name of ONCE)
        expect(names.filter(one => one === name), `${path} ${name}`).toHaveLength(1)
      expect(headers.server, path).toBe('nginx')
      expect(headers['x-powered-by'], path).toBeUndefined()
    }
    expect((await ask(nginx, '/setup')).headers['content-security-policy']).toContain('script-src \'self\'')
    expect((await ask(nginx, '/setup')).headers['strict-transport-security']).toBeUndefined()
  })

  it('files that begin with a dot are not asked for, but the answers of a certificate authority are', async () => {
    for (const path of ['/.env', '/.git/config', '/assets/.env', '/%2eenv', '/.well-known/security.txt', '/api/../.env'])
      expect(await ask(nginx, path), path).toMatchObject({ status: 404, headers: { 'content-type': 'text/html' } })
    expect(await ask(nginx, '/.well-known/acme-challenge/token')).toMatchObject({ status: 200, body: 'token.thumbprint' })
  })

  it('metrics are for this machine alone, whatever a client says of its address or writes in the path', async () => {
    const headers = { authorization: `Bearer ${server.credential}` }
    expect(await ask(nginx, '/metrics', { headers })).toMatchObject({ status: 200, body: expect.stringContaining('agentos_') })
    expect((await ask(nginx, '/metrics')).status).toBe(401)
    const claims = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'forwarded': 'for=127.0.0.1' }
    for (const path of ['/metrics', '/METRICS', '/metrics/', '//metrics', '/%6detrics', '/x/../metrics', '/metrics?a=b'])
      expect((await ask(nginx, path, { from: '127.0.0.2', headers: { ...headers, ...claims } })).status, path).toBe(403)
  })

  it('the server counts failed sign-ins by the client\'s own address, which nobody can forge', async () => {
    const guess = (from: string, claimed: string) => ask(nginx, '/api/session', {
      from,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': claimed, 'x-real-ip': claimed, 'forwarded': `for=${claimed}` },
      body: '{"token":"guess"}',
    })
    for (let guesses = 0; guesses < 10; guesses++)
      expect((await guess('127.0.0.7', `192.0.2.${guesses}`)).status).toBe(401)
    const late = await guess('127.0.0.7', '192.0.2.99')
    expect(late).toMatchObject({ status: 429, body: expect.stringContaining('too many failed sign-ins from this address') })
    expect(late.names.filter(name => name === 'retry-after')).toHaveLength(1)
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(1)
    expect((await guess('127.0.0.8', '127.0.0.7')).status).toBe(401)
  })

  it('a body that the server would not take is refused before it is sent on', async () => {
    const post = (bytes: number) => ask(nginx, '/trpc/agents.check', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': bytes, 'authorization': `Bearer ${server.credential}` },
      body: JSON.stringify({ source: 'x'.repeat(bytes - '{"source":""}'.length) }),
    })
    const large = await post(BODY_BYTES + 1)
    expect(large.status).toBe(413)
    expect(JSON.parse(large.body)).toMatchObject({ error: { code: -32013, data: { code: 'PAYLOAD_TOO_LARGE' } } })
    expect((await post(BODY_BYTES)).status).not.toBe(413)
    const upload = await ask(nginx, '/api/uploads', { method: 'POST', headers: { 'content-type': 'application/x-tar' }, body: 'x'.repeat(BODY_BYTES + 1) })
    expect(upload.headers['cache-control'], 'what the server says, whatever it is').toBe('no-store')
    expect(large.headers['cache-control']).toBeUndefined()
  })

  it('the log does not tell the token of a sign-in link', async () => {
    await ask(nginx, '/setup?token=the-token-of-a-link')
    await expect.poll(() => readFile(join(nginx.folder, 'access.log'), 'utf8')).toContain('GET /setup')
    expect(await readFile(join(nginx.folder, 'access.log'), 'utf8')).not.toContain('the-token')
  })

  it('with the lines of TLS taken in, plain HTTP leads to it, and page and stream come over it', async () => {
    const nginx = await openTls()
    expect(await ask(nginx, '/runs?status=running')).toMatchObject({ status: 301, headers: { location: `https://127.0.0.1/runs?status=running` } })
    expect(await ask(nginx, '/.well-known/acme-challenge/token')).toMatchObject({ status: 200 })
    const page = await ask(nginx, '/setup', { overTls: true })
    expect(page.names.filter(name => name === 'strict-transport-security')).toHaveLength(1)
    const own = await ask(nginx, '/.git', { overTls: true })
    expect(own.headers['strict-transport-security']).toBe('max-age=31536000')
    const socket = new WebSocket(`wss://127.0.0.1:${nginx.tlsPort}/trpc`, { rejectUnauthorized: false, headers: { authorization: `Bearer ${nginx.credential}` } })
    await once(socket, 'open')
    socket.terminate()
  })

  async function openTls(): Promise<Nginx & { credential: string }> {
    const server = await startServer({ AGENTOS_PUBLIC_URL: 'https://127.0.0.1' })
    return { ...await start({ upstreamPort: portOf(server), tls: true }), credential: server.credential }
  }
})

function portOf({ url }: Pick<TestServer, 'url'>): number {
  return Number(new URL(url).port)
}

/** The bytes of an upgraded connection until the other end closes it. */
async function readStream({ port }: Nginx): Promise<{ text: string, tookMs: number }> {
  const startedAt = Date.now()
  const socket = connectTcp(port, '127.0.0.1')
  socket.write('GET /trpc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n')
  let text = ''
  for await (const chunk of socket.setEncoding('utf8'))
    text += chunk
  return { text, tookMs: Date.now() - startedAt }
}
