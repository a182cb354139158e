import type { IncomingMessage } from 'node:http'
import type { TestServer } from './server-harness.ts'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { appRouter } from '../src/router/router.ts'
import { connect, openServer, postToken, signIn, startServer } from './server-harness.ts'

/** One server for all that leaves no trace in it. */
let shared: TestServer
beforeAll(async () => {
  shared = await openServer()
})
afterAll(() => shared.stop())

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>) // flat by path, whatever the type says

describe('without credentials', () => {
  it.each(procedures)('%s answers 401, whatever its input', async (path, { _def: { type } }) => {
    const { url } = shared
    const nonsense = '{"json":[[[[}'
    const response = type === 'mutation'
      ? await fetch(`${url}/trpc/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: nonsense })
      : await fetch(`${url}/trpc/${path}?input=${encodeURIComponent(nonsense)}`)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { data: { code: 'UNAUTHORIZED', httpStatus: 401 } } })
  })

  it('knows every procedure that the router has', () => {
    expect(procedures.length).toBeGreaterThan(15)
  })

  it.each(['/schema.json', '/api/anything', '/trpc', '/trpc/no.such'])('%s answers 401', async (path) => {
    const { url } = shared
    expect((await fetch(url + path)).status).toBe(401)
  })

  it('a wrong bearer answers 401 even beside a good cookie', async () => {
    const app = shared
    const cookie = await signIn({ url: app.url, setupLink: await newLink(app) })
    expect((await fetch(`${app.url}/trpc/system.me`, { headers: { cookie } })).status).toBe(200)
    expect((await fetch(`${app.url}/trpc/system.me`, { headers: { cookie, authorization: 'Bearer nonsense' } })).status).toBe(401)
  })

  it('no socket is opened', async () => {
    const { url } = shared
    expect(await upgrade(url)).toBe(401)
    expect(await upgrade(url, { authorization: 'Bearer nonsense' })).toBe(401)
  })
})

describe('another name or another origin', () => {
  it('refuses a Host that is not this server\'s, before anything else', async () => {
    const app = shared
    for (const path of ['/', '/trpc/system.me', '/setup', '/assets/x.js']) {
      const response = await plain(app.url + path, { host: 'rebound.example', authorization: `Bearer ${app.credential}` })
      expect(response.statusCode, path).toBe(403)
    }
    expect(await upgrade(app.url, { host: 'rebound.example', authorization: `Bearer ${app.credential}` })).toBe(403)
  })

  it('refuses a mutation of another origin, signed in or not', async () => {
    const app = shared
    const cookie = await signIn({ url: app.url, setupLink: await newLink(app) })
    const prune = (headers: Record<string, string>) =>
      fetch(`${app.url}/trpc/runs.prune`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"ids":[]}' })
    expect((await prune({ cookie, origin: 'http://evil.example' })).status).toBe(403)
    expect((await prune({ cookie, origin: 'http://127.0.0.1:1' })).status).toBe(403)
    expect((await prune({ cookie, origin: 'null' })).status).toBe(403)
    expect((await prune({ cookie })).status).toBe(403)
    expect((await prune({ cookie, origin: app.url })).status).toBe(200)
    expect((await prune({ authorization: `Bearer ${app.credential}` })).status).toBe(200)
  })

  it('refuses a socket of another origin, and a cookie with no origin', async () => {
    const app = shared
    const cookie = await signIn({ url: app.url, setupLink: await newLink(app) })
    expect(await upgrade(app.url, { cookie, origin: 'http://evil.example' })).toBe(403)
    expect(await upgrade(app.url, { cookie })).toBe(403)
    expect(await upgrade(app.url, { authorization: `Bearer ${app.credential}`, origin: 'http://evil.example' })).toBe(403)
    expect(await upgrade(app.url, { cookie, origin: app.url })).toBe(101)
    expect(await upgrade(app.url, { authorization: `Bearer ${app.credential}` })).toBe(101)
  })

  it('opens a socket at /trpc alone', async () => {
    const app = shared
    expect(await upgrade(app.url.replace(/$/, ''), { authorization: `Bearer ${app.credential}` }, '/other')).toBe(404)
  })
})

describe('signing in', () => {
  it('the printed link signs one browser in, once', async () => {
    const app = await startServer()
    const first = await postToken(app.url, app.setupLink)
    expect(first.status).toBe(204)
    const cookie = first.headers.getSetCookie()[0]!
    expect(cookie).toMatch(/^agentos_session=\S+; Max-Age=2592000; Path=\/; .*HttpOnly; SameSite=Lax$/)
    expect((await postToken(app.url, app.setupLink)).status).toBe(401)
    const me = await fetch(`${app.url}/trpc/system.me`, { headers: { cookie: cookie.split(';')[0]! } })
    expect(await me.json()).toMatchObject({ result: { data: { version: expect.any(String) } } })
  })

  it('marks the cookie Secure when people come by https', async () => {
    const app = await startServer({ AGENTOS_PUBLIC_URL: 'https://agents.example.com' })
    expect(app.setupLink).toMatch(/^https:\/\/agents\.example\.com\/setup\?token=/)
    const response = await postToken(app.url, app.setupLink)
    expect(response.headers.getSetCookie()[0]).toContain('; Secure')
  })

  it('makes an address wait that guesses', async () => {
    const app = await startServer()
    const guess = () => postToken(app.url, 'http://x/setup?token=guess')
    for (let guesses = 0; guesses < 10; guesses++)
      expect((await guess()).status).toBe(401)
    const late = await guess()
    expect(late.status).toBe(429)
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('counts guesses by the address that a trusted proxy names, and lets nobody else name one', async () => {
    const guess = (app: TestServer, forwardedFor: string) => fetch(`${app.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
      body: '{"token":"guess"}',
    }).then(({ status }) => status)
    const behind = await startServer({ AGENTOS_TRUSTED_PROXIES: '127.0.0.1' })
    for (let guesses = 0; guesses < 10; guesses++)
      expect(await guess(behind, '192.0.2.1')).toBe(401)
    expect(await guess(behind, '192.0.2.1')).toBe(429)
    expect(await guess(behind, '192.0.2.2')).toBe(401)

    const alone = await startServer()
    for (let guesses = 0; guesses < 10; guesses++)
      expect(await guess(alone, `192.0.2.${guesses}`)).toBe(401)
    expect(await guess(alone, '192.0.2.99')).toBe(429)
  })

  it('signing out ends the session and closes its sockets', async () => {
    const app = shared
    const cookie = await signIn({ url: app.url, setupLink: await newLink(app) })
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/trpc`, { headers: { cookie, origin: app.url } })
    await once(socket, 'open')
    const closed = once(socket, 'close')
    const response = await fetch(`${app.url}/api/session`, { method: 'DELETE', headers: { cookie, origin: app.url } })
    expect(response.status).toBe(204)
    expect((await closed)[0]).toBe(1008)
    expect((await fetch(`${app.url}/trpc/system.me`, { headers: { cookie } })).status).toBe(401)
  })
})

describe('what is too much', () => {
  it('refuses a body of 100 MB without reading it, and serves on', async () => {
    const app = shared
    const outgoing = request(`${app.url}/trpc/agents.check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 100_000_000, 'authorization': `Bearer ${app.credential}` },
    })
    outgoing.on('error', () => {}) // it is cut while it sends
    outgoing.write('"'.padEnd(1000, 'x'))
    const [response] = await once(outgoing, 'response') as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    expect(JSON.parse(await text(response))).toMatchObject({ error: { data: { code: 'PAYLOAD_TOO_LARGE' } } })
    outgoing.destroy()
    expect((await fetch(`${app.url}/live`)).status).toBe(200)
  })

  it('refuses 100 MB that do not say how many they are', async () => {
    const app = shared
    const chunk = new Uint8Array(1024 * 1024).fill(120)
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ < 100)
          controller.enqueue(chunk)
        else
          controller.close()
      },
    })
    const status = await fetch(`${app.url}/trpc/agents.check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'authorization': `Bearer ${app.credential}` },
      body,
      duplex: 'half',
    } as RequestInit).then(response => response.status, () => 'cut')
    expect([413, 'cut']).toContain(status)
    expect(sent).toBeLessThan(100)
    expect((await fetch(`${app.url}/live`)).status).toBe(200)
  })

  it('refuses a batch of 10,000 calls, in a request and in a message', async () => {
    const app = shared
    const headers = { authorization: `Bearer ${app.credential}` }
    const long = await fetch(`${app.url}/trpc/${Array.from({ length: 10_000 }).fill('system.me').join(',')}?batch=1`, { headers })
    expect(long.status).toBe(431)
    const many = await fetch(`${app.url}/trpc/${Array.from({ length: 150 }).fill('system.me').join(',')}?batch=1`, { headers })
    expect(many.status).toBe(400)

    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/trpc`, { headers })
    await once(socket, 'open')
    let refused = 0
    const all = new Promise<void>(resolve => socket.on('message', (data) => {
      refused += JSON.parse(String(data)).error?.data.code === 'BAD_REQUEST' ? 1 : 0
      if (refused === 10_000)
        resolve()
    }))
    socket.send(JSON.stringify(Array.from({ length: 10_000 }, (_, id) => ({ id, method: 'query', params: { path: 'system.me' } }))))
    await all
    socket.terminate()
  })

  it('cuts a socket that sends a message of more than 1 MB', async () => {
    const app = shared
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/trpc`, { headers: { authorization: `Bearer ${app.credential}` } })
    await once(socket, 'open')
    socket.send('x'.repeat(1024 * 1024 + 1))
    expect((await once(socket, 'close'))[0]).toBe(1009)
  })

  it('refuses inputs beyond their bounds in words', async () => {
    const client = connect(shared)
    await expect(client.agents.check.mutate({ source: 'x'.repeat(1_000_001) })).rejects.toThrow('source: a manifest may have 1 MB at most')
    await expect(client.agents.check.mutate({ source: `name: large\n# ${'x'.repeat(200_000)}\nsteps: [{ run: ls }]` })).resolves.toEqual({ problems: [], notices: [] })
    await expect(client.runs.submit.mutate({ agent: 'a', task: 'x'.repeat(100_001) })).rejects.toThrow('task: a task may have 100 kB at most')
    await expect(client.runs.submit.mutate({})).rejects.toThrow('name an agent or send a manifest')
    await expect(client.runs.list.query({ statuses: ['finished'] })).rejects.toThrow('expected one of queued, running')
    await expect(client.runs.list.query({ statuses: ['completed', 'stopped'] })).resolves.toMatchObject({ runs: [] })
  })
})

describe('open doors', () => {
  it('/live, /ready and /health answer to anybody by any name', async () => {
    const { url } = shared
    for (const path of ['/live', '/ready', '/health'])
      expect((await plain(url + path, { host: 'pod-7' })).statusCode, path).toBe(200)
  })

  it('/health has the prototype\'s body', async () => {
    const { url } = shared
    const body = await (await fetch(`${url}/health`)).json() as Record<string, unknown>
    expect(Object.keys(body)).toEqual(['status', 'timestamp', 'database', 'scheduler', 'agents_count'])
    expect(body).toMatchObject({ status: 'healthy', database: 'connected', scheduler: 'running', agents_count: expect.any(Number) })
    expect(Date.parse(body.timestamp as string)).not.toBeNaN()
  })

  it('/metrics opens to its token and to the credential alone', async () => {
    const { url, credential, dataDir } = shared
    const token = (await readFile(join(dataDir, 'metrics.token'), 'utf8')).trim()
    const scrape = (authorization?: string) => fetch(`${url}/metrics`, authorization ? { headers: { authorization } } : {})
    expect((await scrape()).status).toBe(401)
    expect((await scrape('Bearer nonsense')).status).toBe(401)
    expect((await scrape(`Bearer ${credential}`)).status).toBe(200)
    const response = await scrape(`Bearer ${token}`)
    expect(response.headers.get('content-type')).toContain('text/plain')
    const body = await response.text()
    const names = ['total', 'running', 'completed', 'failed', 'stopped'].map(word => `agentos_agents_${word}`)
    for (const name of [...names, 'agentos_scheduler_status', 'agentos_queue_oldest_wait_seconds', 'agentos_sockets', 'process_resident_memory_bytes'])
      expect(body, name).toMatch(new RegExp(`^${name} [\\d.e+]+$`, 'm'))
    expect(body).toContain('agentos_runs{status="waiting"} 0')
  })

  it('pages send a browser to sign in first, with the way back', async () => {
    const app = shared
    const response = await fetch(`${app.url}/runs/abc?tab=events`, { redirect: 'manual' })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('/sign-in?next=%2Fruns%2Fabc%3Ftab%3Devents')
    expect((await fetch(`${app.url}/setup?token=x`, { redirect: 'manual' })).status).not.toBe(302)
  })

  it('every page carries the strict policy', async () => {
    const { url } = shared
    const { headers } = await fetch(`${url}/sign-in`)
    const policy = headers.get('content-security-policy')!
    expect(policy).toContain('script-src \'self\';')
    expect(policy).toContain('frame-ancestors \'none\'')
    expect(policy).toContain(`connect-src 'self' ${url.replace('http', 'ws')};`)
    expect(policy).not.toContain('unsafe-eval')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('a file that is not there is not a page', async () => {
    const { url, credential } = shared
    for (const path of ['/assets/gone-123.js', '/gone.png', '/assets/gone', '/.env', '/..%2fpackage.json'])
      expect((await fetch(url + path, { headers: { authorization: `Bearer ${credential}` } })).status, path).toBe(404)
  })

  it('what is not there, is not JSON, or is not understood is said in JSON', async () => {
    const { url, credential } = shared
    const authorization = `Bearer ${credential}`
    const nothing = await fetch(`${url}/api/nothing`, { headers: { authorization } })
    expect([nothing.status, (await nothing.json() as { error: { message: string } }).error.message]).toEqual([404, 'there is nothing at /api/nothing'])
    expect((await fetch(`${url}/trpc/no.such`, { headers: { authorization } })).status).toBe(404)
    const broken = await fetch(`${url}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })
    expect([broken.status, (await broken.json() as { error: { message: string } }).error.message]).toEqual([400, 'the body is not valid JSON'])
    const odd = await fetch(`${url}/%E0%A4%A`, { headers: { authorization } })
    expect(odd.status).toBe(400)
    expect(await odd.text()).not.toContain(' at ')
  })

  it('/schema.json is the manifest\'s schema', async () => {
    const { url, credential } = shared
    const response = await fetch(`${url}/schema.json`, { headers: { authorization: `Bearer ${credential}` } })
    expect(await response.json()).toMatchObject({ properties: { name: expect.anything(), steps: expect.anything() } })
  })
})

async function newLink(app: { url: string, credential: string }): Promise<string> {
  return (await connect(app).system.signInLink.mutate()).url
}

/** node:http sets a Host that fetch would not. */
async function plain(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const outgoing = request(url, { headers }).end()
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  response.resume()
  return response
}

async function text(response: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of response)
    body += chunk
  return body
}

/** The status that an upgrade is answered with; 101 when the socket opens. */
async function upgrade(url: string, headers: Record<string, string> = {}, path = '/trpc'): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers })
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!))
  }).then((status) => {
    socket.terminate()
    return status as number
  })
}
