import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunEvent } from '../src/domain/event.ts'
import type { Turn } from './worker/scripted-model.ts'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import process from 'node:process'
import { buffer as readBytes } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { judgeHere } from '../src/network/decide.ts'
import { GATEWAY_KEY as KEY, openWorker } from './worker/open-worker.ts'

/** The fetch tool in whole runs: a scripted model, a real worker, a real server. */

const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type) as Extract<RunEvent, { type: T }>[]

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function serve(handler: Handler): Promise<number> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request)
      pieces.push(piece as Buffer) // without an encoding they are buffers
    handler(request, response, Buffer.concat(pieces).toString())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port // it listens on TCP
}

/** Names of the test lead to this machine, which no run may reach: `public.test` as if it were anybody's, the others as what they are. */
const NETWORK = {
  judge: (address: string) => address === '127.0.0.1' ? 'public' as const : judgeHere(address),
  resolve: async (host: string) => ({ 'public.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'], 'inner.test': ['10.0.0.7'], 'meta.test': ['169.254.169.254'], 'two.test': ['127.0.0.1', '169.254.169.254'] })[host] ?? [],
}

async function fetches(inputs: (object | ((port: number) => object))[], handler: Handler, { manifest = '', more = [] as Turn[], apiPort }: { manifest?: string, more?: Turn[], apiPort?: number } = {}) {
  const port = await serve(handler)
  const calls = inputs.map((input): Turn => ({ call: [{ tool: 'fetch', input: typeof input === 'function' ? input(port) : input }] }))
  const worker = await openWorker({ network: { ...NETWORK, ...apiPort !== undefined && { apiPort: () => apiPort } }, turns: [...calls, ...more, { say: 'done' }] })
  const { id } = await worker.run(`model: openai/scripted\ntools: [fetch]\nnetwork: ["public.test:${port}", "other.test:${port}", "*.test:${port}"]\napprovals: { fetch: auto }\n${manifest}`)
  const events = await worker.ended(id)
  const kept = async (name: string) => {
    const found = await worker.artifacts.find(worker.actor.organisationId, id, name)
    return readBytes((await worker.artifacts.read(found!.artifact.sha256))!.stream())
  }
  return { worker, port, id, events, told: of(events, 'tool.finished').map(({ data }) => data.result), status: of(events, 'tool.finished').map(({ data }) => data.status), kept }
}

const at = (path: string, more: object = {}) => (port: number) => ({ url: `http://public.test:${port}${path}`, ...more })

it('asks by every method with headers and body, and tells the model status and text', async () => {
  const seen: string[] = []
  const { told, status, events, worker } = await fetches([
    at('/a?b=c'),
    at('/x', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Mine': '1' }, body: '{"a":"ä"}' }),
    at('/x', { method: 'DELETE' }),
    at('/x', { method: 'HEAD' }),
    at('/missing'),
  ], (request, response, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host?.split(':')[0]} ${request.headers['content-type'] ?? ''} ${request.headers['x-mine'] ?? ''} ${body}`)
    response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'application/json; charset=utf-8' }).end('{"ok":true}')
  })
  expect(seen).toEqual(['GET /a?b=c public.test   ', 'POST /x public.test application/json 1 {"a":"ä"}', 'DELETE /x public.test   ', 'HEAD /x public.test   ', 'GET /missing public.test   '])
  expect(told[0]).toBe('200 OK\ncontent-type: application/json; charset=utf-8\n\n{"ok":true}')
  expect(told[3]).toBe('200 OK\ncontent-type: application/json; charset=utf-8')
  expect(status).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded', 'failed'])
  expect(of(events, 'tool.started')[1]!.data.command).toMatch(/^POST http:\/\/public\.test:\d+\/x\nContent-Type: application\/json\nX-Mine: 1\n\n\{"a":"ä"\}$/)
  expect(of(events, 'network.allowed')).toHaveLength(5)
  expect(worker.scripted.requests[0]!.body.tools!.map(tool => tool.function.name)).toEqual(['fetch', 'read_result'])
  expect(of(events, 'sandbox.opened')).toEqual([])
})

it('never reaches what no run may reach, by name, by address, by redirect or by a second address', async () => {
  const reached: string[] = []
  const targets = ['http://169.254.169.254/latest/meta-data', 'http://localhost:PORT/', 'http://inner.test:PORT/', 'http://meta.test:PORT/', 'http://two.test:PORT/', 'http://unlisted.example/', 'file:///etc/passwd', 'http://user:secret@public.test:PORT/']
  const { told, events, worker } = await fetches([
    ...targets.map(url => (port: number) => ({ url: url.replace('PORT', String(port)) })),
    ...targets.slice(0, 6).map((_, index) => at(`/redirect/${index}`)),
  ], (request, response) => {
    const index = /^\/redirect\/(\d)$/.exec(request.url!)?.[1]
    if (index === undefined)
      reached.push(request.url!)
    const port = request.socket.localPort
    response.writeHead(302, { location: targets[Number(index)]!.replace('PORT', String(port)) }).end()
  })
  expect(reached).toEqual([])
  expect(told).toHaveLength(14)
  for (const text of told)
    expect(text).toMatch(/^Error: (?:AgentOS does not let this run connect|Only http: and https:|A name and a password)/)
  expect(of(events, 'network.denied')).toHaveLength(12)
  expect(JSON.stringify(told)).not.toContain('10.0.0.7') // which address it is, an agent need not know
  expect(worker).toBeTruthy()
})

it('follows redirects within bounds, changes what has to be changed, and sends neither a body nor a key to another server', async () => {
  const seen: string[] = []
  const { told } = await fetches([
    at('/hop/1', { headers: { authorization: 'Bearer of-the-first' } }),
    at('/round'),
    at('/away', { method: 'POST', body: 'of the first' }),
    at('/see-other', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }),
    at('/cross', { headers: { authorization: 'Bearer of-the-first' } }),
  ], (request, response, body) => {
    const { localPort } = request.socket
    seen.push(`${request.method} ${request.headers.host!.split(':')[0]}${request.url} ${request.headers.authorization ?? ''}${body}${request.headers['content-type'] ?? ''}`)
    const hop = Number(/^\/hop\/(\d)$/.exec(request.url!)?.[1])
    const to: Record<string, [number, string]> = {
      '/round': [302, '/round'],
      '/away': [307, `http://other.test:${localPort}/taken`],
      '/see-other': [303, '/seen'],
      '/cross': [302, `http://other.test:${localPort}/crossed`],
    }
    const next = hop < 3 ? [302, `/hop/${hop + 1}`] as [number, string] : to[request.url!]
    if (next)
      response.writeHead(next[0], { location: next[1] }).end()
    else
      response.end('here')
  })
  expect(told[0]).toMatch(/^200 OK\n\(after 2 redirects, from http:\/\/public\.test:\d+\/hop\/3\)\n\nhere$/)
  expect(told[1]).toMatch(/^Error: It was redirected more than 5 times/)
  expect(told[2]).toMatch(/^307 Temporary Redirect\nlocation: http:\/\/other\.test:\d+\/taken$/)
  expect(seen.filter(line => line.includes('other.test'))).toEqual(['GET other.test/crossed '])
  expect(seen).toContain('GET public.test/seen ')
})

it('bounds a bomb, a body without end and a huge one, and keeps what it read', async () => {
  const before = process.memoryUsage().rss
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 65))
  const { told, kept, events } = await fetches([at('/bomb'), at('/brotli'), at('/endless'), at('/broken'), at('/strange')], (request, response) => {
    if (request.url === '/bomb')
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(bomb)
    else if (request.url === '/brotli')
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'br' }).end(brotliCompressSync('from a brotli'))
    else if (request.url === '/broken')
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end('this is no gzip')
    else if (request.url === '/strange')
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'zstd' }).end('this is no zstd')
    else
      response.writeHead(200, { 'content-type': 'text/plain' }) && pour(response)
  })
  expect(told[0]).toContain('(the body is longer than 10 MiB; the rest was not read)')
  expect(told[0]!.length).toBeLessThan(26_000)
  expect(told[1]).toContain('from a brotli')
  expect(told[2]).toContain('(the body is longer than 10 MiB; the rest was not read)')
  expect(told[3]).toMatch(/^Error: The answer broke off: /)
  expect(told[4]).toContain('[15 bytes in an encoding that is not read here]')
  const saved = of(events, 'artifact.saved').map(({ data }) => ({ name: data.name, sizeBytes: data.sizeBytes, isWhole: data.isWhole }))
  expect(saved).toEqual([
    { name: 'step-1-fetch-call-0.txt', sizeBytes: 10 * 1024 * 1024, isWhole: false },
    { name: 'step-3-fetch-call-0.txt', sizeBytes: 10 * 1024 * 1024, isWhole: false },
    { name: 'step-5-fetch-call-0.1.bin', sizeBytes: 15, isWhole: true },
  ])
  expect((await kept('step-1-fetch-call-0.txt')).every(byte => byte === 65)).toBe(true)
  expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1024 * 1024) // with the 200 MiB that this test itself packs
})

function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 66)));
    response.once('drain', more)
  }
  more()
}

it('reads text in its charset, HTML as a person would, and keeps what is no text', async () => {
  const page = `<!doctype html><html><head><meta charset="iso-8859-15"><title>Prices</title><style>p{}</style><script>alert("no")</script></head>
    <body><h1>All  prices</h1><p>It costs 5 \u{A4} &amp; is <a href="/more?x=1">here</a>.</p><ul><li>one</li><li>two</li></ul><pre>a\n  b</pre><table><tr><td>x</td><td>y</td></tr></table></body></html>`
  const { told, kept } = await fetches([at('/page'), at('/page', { raw: true }), at('/latin'), at('/utf16'), at('/wrong'), at('/binary'), at('/unnamed')], (request, response) => {
    const answers: Record<string, [string, Buffer]> = {
      '/page': ['text/html', Buffer.from(page, 'latin1')],
      '/latin': ['text/plain', Buffer.from('für Jürgen', 'latin1')],
      '/utf16': ['text/plain; charset=utf-8', Buffer.from('\uFEFFzwei Bytes', 'utf16le')],
      '/wrong': ['text/plain; charset=no-such', Buffer.from('grün')],
      '/binary': ['image/png', Buffer.from([137, 80, 78, 71, 0, 1])],
      '/unnamed': ['', Buffer.from('plain words')],
    }
    const [type, bytes] = answers[request.url!]!
    response.writeHead(200, type === '' ? {} : { 'content-type': type }).end(bytes)
  })
  expect(told[0]).toMatch(/\n\nPrices\n\n# All prices\n\nIt costs 5 € & is here \(http:\/\/public\.test:\d+\/more\?x=1\)\.\n\n- one\n- two\n\na\n {2}b\n\nx \| y$/)
  expect(told[0]).not.toMatch(/alert|p\{\}/)
  expect(told[1]).toContain('<script>alert')
  expect(told[2]).toContain('für Jürgen')
  expect(told[3]).toContain('zwei Bytes')
  expect(told[4]).toContain('grün')
  expect(told[5]).toBe('200 OK\ncontent-type: image/png\n\n[no text: 6 bytes of image/png]\n[file 1 is kept as step-6-fetch-call-0.1.bin, for people]')
  expect([...await kept('step-6-fetch-call-0.1.bin')]).toEqual([137, 80, 78, 71, 0, 1])
  expect(told[6]).toContain('plain words')
})

it('keeps a long result whole, and the model reads on in it', async () => {
  const { told, kept } = await fetches([at('/long')], (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(`${'a'.repeat(50_000)}THE MIDDLE${'z'.repeat(50_000)}`), {
    more: [
      { call: [{ tool: 'read_result', input: { name: 'step-1-fetch-call-0.txt', firstCharacter: 49_999, characters: 14 } }] },
      { call: [{ tool: 'read_result', input: { name: '../../agentos.db' } }] },
    ],
  })
  expect(told[0]).toMatch(/aaa\n\[… \d+ characters left out here; the whole is kept as step-1-fetch-call-0\.txt: read_result shows any part of it …\]\nzzz/)
  expect((await kept('step-1-fetch-call-0.txt')).length).toBe(100_010)
  expect(told[1]).toBe('[characters 49999 to 50012 of 100010]\naaTHE MIDDLEzz')
  expect(told[2]).toContain('no text is kept under the name')
})

it('takes known secrets out of what a server answers, and out of what is kept', async () => {
  const { told, events, kept } = await fetches([at('/echo')], (_, response) => response.writeHead(200, { 'content-type': 'text/plain', 'etag': KEY }).end(`${'a'.repeat(30_000)} ${KEY} ${'b'.repeat(30_000)} ${KEY}`), {})
  expect(told[0]).not.toContain(KEY)
  expect(JSON.stringify(events)).not.toContain(KEY)
  expect((await kept('step-1-fetch-call-0.txt')).toString()).not.toContain(KEY)
})

it.each(['deny', 'ask'])('with approvals.fetch: %s nothing is sent without a word', async (rule) => {
  let count = 0
  const port = await serve((_, response) => {
    count++
    response.end()
  })
  const worker = await openWorker({ network: NETWORK, turns: [{ call: [{ tool: 'fetch', input: { url: `http://public.test:${port}/` } }] }, { say: 'done' }] })
  const { id } = await worker.run(`model: openai/scripted\ntools: [fetch]\nnetwork: ["public.test:${port}"]\napprovals: { fetch: ${rule} }`)
  if (rule === 'deny')
    expect(of(await worker.ended(id), 'tool.finished')[0]!.data).toMatchObject({ status: 'denied', result: expect.stringContaining('approvals.fetch') })
  else
    await expect.poll(() => worker.view(id), { timeout: 20_000 }).toMatchObject({ status: 'waiting', waitingFor: { kind: 'approval', tool: 'fetch' } })
  expect(count).toBe(0)
})

it('refuses headers that are not a model\'s to set, and a body where none belongs', async () => {
  const { told } = await fetches([at('/', { headers: { Host: 'evil.example' } }), at('/', { headers: { 'X-A': 'a\r\nX-B: b' } }), at('/', { body: 'x' }), { url: 'nonsense' }, at('/', { method: 'TRACE' })], (_, response) => response.end())
  expect(told[0]).toBe('Error: A header cannot be sent: Host is not yours to set.')
  expect(told[1]).toContain('the value of X-A cannot be sent')
  expect(told[2]).toBe('Error: GET has no body.')
  expect(told[3]).toContain('is no address')
  expect(told[4]).toContain('"method" must be one of')
})

it('gives up a server that drips', async () => {
  const { told } = await fetches([at('/', { timeoutSeconds: 1 })], (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(timer))
  })
  expect(told).toEqual(['Error: it took too long.'])
})

it('a run that is stopped does not wait for a server that drips', async () => {
  const worker = await openWorker({ network: NETWORK, turns: [{ call: [{ tool: 'fetch', input: { url: 'http://public.test:PORT/' } }] }] })
  const port = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const timer = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(timer))
  })
  worker.scripted.play([{ call: [{ tool: 'fetch', input: { url: `http://public.test:${port}/` } }] }, { say: 'never' }])
  const { id } = await worker.run(`model: openai/scripted\ntools: [fetch]\nnetwork: ["public.test:${port}"]\napprovals: { fetch: auto }`)
  await worker.eventsUntil(id, ({ type }) => type === 'network.allowed')
  const startedAt = performance.now()
  await worker.stopRun(id)
  await worker.ended(id)
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(await worker.view(id)).toMatchObject({ status: 'cancelled' })
})

it('after its executor is lost in the middle, a GET is sent again and a POST is not', async () => {
  const seen: string[] = []
  const port = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (seen.filter(line => line.includes(request.url!)).length > 1)
      response.end('at last')
  })
  const worker = await openWorker({ network: NETWORK, turns: [
    { call: [{ tool: 'fetch', input: { url: `http://public.test:${port}/get` } }] },
    { call: [{ tool: 'fetch', input: { url: `http://public.test:${port}/post`, method: 'POST', body: 'x' } }] },
    { say: 'done' },
  ] })
  const { id } = await worker.run(`model: openai/scripted\ntools: [fetch]\nnetwork: ["public.test:${port}"]\napprovals: { fetch: auto }\neffects: tell`)
  for (const method of ['GET', 'POST']) {
    await expect.poll(() => seen.at(-1), { timeout: 20_000 }).toContain(method)
    process.kill(worker.hosts[0]!.pid!, 'SIGKILL')
  }
  const events = await worker.ended(id)
  expect(seen).toEqual(['GET /get', 'GET /get', 'POST /post'])
  expect(of(events, 'tool.finished').map(({ data }) => data.result)).toEqual(['200 OK\n\nat last', expect.stringContaining('Nobody knows whether this was done')])
  expect(of(events, 'effect.unknown')).toMatchObject([{ data: { name: 'fetch', command: expect.stringContaining('POST') } }])
})
