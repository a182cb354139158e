import { stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { openTestWire } from '../../../test/wire/open-test-wire.ts'
import { json } from '../../../test/wire/scripted-provider.ts'

const OK = json({ choices: [{ index: 0, message: { content: 'hello' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1 } })
const CHAT = '/v1/chat/completions'
const BODY = { model: 'gpt-5', messages: [] }
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

it('the token counts wherever a vendor\'s client puts its key, and never goes on', async () => {
  const { ask, provider, wire: { token } } = await openTestWire(OK)
  const shown = [{ authorization: `Bearer ${token}` }, { authorization: `bearer ${token}` }, { 'x-api-key': token }, { 'x-goog-api-key': token }]
  for (const headers of shown)
    expect(await ask(CHAT, { token: null, headers, body: BODY })).toMatchObject({ status: 200 })
  expect(await ask(`${CHAT}?key=${token}`, { token: null, body: BODY })).toMatchObject({ status: 200 })
  expect(provider.requests).toHaveLength(5)
  expect(JSON.stringify(provider.requests)).not.toContain(token)
})

it.for([
  ['/v1/chat/completions', { error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }],
  ['/v1/responses', { error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }],
  ['/v1/messages', { type: 'error', error: { type: 'authentication_error', message: expect.any(String) } }],
  ['/v1beta/models/gemini-2.5-pro:generateContent', { error: { code: 401, message: expect.any(String), status: 'UNAUTHENTICATED' } }],
  ['/anything', { error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }],
] as const)('%s without the token is a 401 in its own shape', async ([path, shape]) => {
  const { ask, provider, wire: { token } } = await openTestWire(OK)
  const other = await openTestWire(OK)
  for (const wrong of [null, '', 'sk-wrong', token.slice(0, -1), `${token}x`, other.wire.token]) {
    const answered = await ask(path, { token: wrong, body: BODY })
    expect(answered.status).toBe(401)
    expect(JSON.parse(answered.text)).toEqual(shape)
  }
  expect(provider.requests).toEqual([])
})

it('a token has 256 bits, and no two runs have the same', async () => {
  const [one, two] = [await openTestWire(OK), await openTestWire(OK)]
  expect(Buffer.from(one.wire.token.slice('agentos-run-'.length), 'base64url')).toHaveLength(32)
  expect(one.wire.token).not.toBe(two.wire.token)
})

it('of an agent\'s headers those go on that say how to answer', async () => {
  const { ask, provider } = await openTestWire(OK)
  const headers = { 'cookie': 'a=b', 'x-forwarded-for': '1.2.3.4', 'forwarded': 'for=x', 'openai-organization': 'org', 'x-http-method-override': 'DELETE', 'x-goog-user-project': 'p', 'transfer-encoding': 'chunked', 'openai-beta': 'b=1', 'user-agent': 'codex/1', 'x-stainless-lang': 'js', 'proxy-authorization': 'Basic x' }
  await ask(CHAT, { headers, body: BODY })
  const sent = provider.requests[0]!.headers
  expect(sent).toMatchObject({ 'openai-beta': 'b=1', 'user-agent': 'codex/1', 'x-stainless-lang': 'js' })
  for (const name of ['cookie', 'x-forwarded-for', 'forwarded', 'openai-organization', 'x-http-method-override', 'x-goog-user-project', 'proxy-authorization'])
    expect(sent).not.toHaveProperty(name)
})

it('messages without a version get one; with one it stays', async () => {
  const { ask, provider } = await openTestWire(json({}))
  await ask('/v1/messages', { body: { model: 'claude-x', messages: [] } })
  await ask('/v1/messages', { body: { model: 'claude-x', messages: [] }, headers: { 'anthropic-version': '2099-01-01', 'anthropic-beta': 'x-1' } })
  expect(provider.requests.map(({ headers }) => headers['anthropic-version'])).toEqual(['2023-06-01', '2099-01-01'])
  expect(provider.requests[1]!.headers['anthropic-beta']).toBe('x-1')
})

it.for([
  [CHAT, { model: 'gpt-4', messages: [] }],
  [CHAT, { model: 'claude-sonnet-4-5', messages: [] }],
  ['/v1/responses', { model: 'gpt-5-pro', input: 'x' }],
  ['/v1/messages', { model: 'gpt-5', messages: [] }],
  ['/v1beta/models/gemini-1.0:generateContent', { contents: [] }],
  [CHAT, { messages: [] }],
  [CHAT, { model: 'gpt-5\r\nx-evil: 1', messages: [] }],
  [CHAT, { model: 'x'.repeat(5000), messages: [] }],
] as const)('%s with a model that the manifest does not allow is a 403 that names the allowed ones', async ([path, body]) => {
  const { ask, provider, recorded } = await openTestWire(OK)
  const { status, text } = await ask(path, { body })
  expect(status).toBe(403)
  expect(text).toContain('openai/gpt-5, claude/claude-*, gemini/gemini-2.5-pro')
  expect(text.length).toBeLessThan(1000)
  expect([provider.requests, recorded]).toEqual([[], []])
})

it('a provider with no key says which variable is missing', async () => {
  const { ask } = await openTestWire(OK, { models: ['github/openai/gpt-4.1', 'openai/gpt-5'] })
  expect(await ask(CHAT, { body: { model: 'openai/gpt-4.1', messages: [] } })).toMatchObject({ status: 403, text: expect.stringContaining('GITHUB_TOKEN') })
})

it('a model of a pattern whose price nobody knows is refused, and never asked', async () => {
  const { ask, provider, recorded } = await openTestWire(OK, { isMetered: true })
  const refused = await ask('/v1/messages', { body: { model: 'claude-x', messages: [] } })
  expect([refused.status, refused.text]).toEqual([403, expect.stringMatching(/price of claude\/claude-x is not known/)])
  expect([provider.requests.length, recorded.length]).toEqual([0, 0])
  expect(await ask('/v1/messages', { body: { model: 'claude-haiku-4-5', messages: [] } })).toMatchObject({ status: 200 })
})

it('anthropic and google are other words for claude and gemini', async () => {
  const { ask, recorded } = await openTestWire(json({}), { models: ['anthropic/*', 'google/gemini-2.5-flash'] })
  await ask('/v1/messages', { body: { model: 'claude-x', messages: [] } })
  await ask('/v1beta/models/gemini-2.5-flash:generateContent', { body: { model: 'models/gemini-2.5-flash', contents: [] } })
  expect(recorded.map(({ call }) => call.model)).toEqual(['claude/claude-x', 'gemini/gemini-2.5-flash'])
})

it.for([
  ['{"model":"gpt-5","model":"gpt-5","messages":[]}', /once, got it twice/],
  ['{"model":"gpt-5","MODEL":"gpt-5-pro","messages":[]}', /exactly these letters/],
  ['{"model":"gpt-5","mod\\u0065l":"gpt-5-pro","messages":[]}', /once, got it twice/],
  ['{"model":"gpt-5","\u017Ftream":true,"messages":[]}', /exactly these letters/],
  ['{"model":"gpt-5","stream":"true","messages":[]}', /Expected true or false as .*stream/],
  ['{"model":{"a":1},"messages":[]}', /Expected a string as .*model/],
  ['{"model":"gpt-5","stream":true,"stream_options":[],"messages":[]}', /Expected a mapping/],
  ['{"model":"gpt-5","messages":[]} {"model":"gpt-5-pro"}', /no JSON/],
  ['{"model":"gpt-5",}', /no JSON/],
  ['{\'model\':"gpt-5"}', /no JSON/],
  ['[{"model":"gpt-5"}]', /Expected a JSON object/],
  ['', /no JSON/],
  [`{"model":"gpt-5","messages":${'['.repeat(600)}${']'.repeat(600)}}`, /levels deep/],
] as const)('the body %s is a 400: nobody may read it as another request', async ([body, problem]) => {
  const { ask, provider } = await openTestWire(OK)
  const { status, text } = await ask(CHAT, { body })
  expect(status).toBe(400)
  expect(JSON.parse(text).error.message).toMatch(problem)
  expect(provider.requests).toEqual([])
})

it('an answer in the background, which nobody could count, is refused', async () => {
  const { ask } = await openTestWire(OK)
  expect(await ask('/v1/responses', { body: { model: 'gpt-5', input: 'x', background: true } })).toMatchObject({ status: 400, text: expect.stringContaining('background') })
  expect(await ask('/v1beta/models/gemini-2.5-pro:generateContent', { body: { model: 'gemini-3', contents: [] } })).toMatchObject({ status: 400, text: expect.stringContaining('model of the address') })
})

it.for([
  ['POST', '/v1/files', 404],
  ['POST', '/v1/chat/../files', 404],
  ['POST', '/v1/chat/completions/', 404],
  ['POST', '/v1/chat%2Fcompletions', 404],
  ['POST', '//evil.example/v1/chat/completions', 404],
  ['POST', 'http://evil.example/v1/chat/completions', 404],
  ['POST', '/v1beta/models/../files:generateContent', 404],
  ['POST', '/v1beta/models/..:generateContent', 404],
  ['POST', '/v1beta/models/a%2Fb:generateContent', 404],
  ['POST', '/v1beta/models/gemini-2.5-pro:batchGenerateContent', 404],
  ['POST', '/v1beta/models/gemini-2.5-pro:generateContent?alt=media', 400],
  ['GET', '/v1/responses/resp_1', 404],
  ['GET', CHAT, 405],
  ['PUT', '/v1/messages', 405],
  ['DELETE', '/v1/models', 405],
  ['OPTIONS', '*', 404],
] as const)('%s %s is a %i in words, and no provider hears of it', async ([method, path, status]) => {
  const { raw, provider, wire: { token } } = await openTestWire(OK)
  const body = JSON.stringify(BODY)
  const answered = await raw(`${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"message":"(?:There is nothing here|Expected)`))
  expect(provider.requests).toEqual([])
})

it('of a query only what is known goes on', async () => {
  const { ask, provider } = await openTestWire(json({}))
  await ask('/v1/messages?beta=true&x=1', { body: { model: 'claude-x', messages: [] } })
  await ask('/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&%24httpMethod=DELETE&key=abc&fields=x', { body: {} })
  await ask(`${CHAT}?api-version=1`, { body: BODY })
  expect(provider.requests.map(({ url }) => url)).toEqual(['/v1/messages?beta=true', '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse', '/v1/chat/completions'])
})

it('the lists name the models that the run may call, as each vendor\'s client reads them', async () => {
  const { ask } = await openTestWire(OK, { models: ['openai/gpt-5', 'github/openai/gpt-4.1', 'claude/claude-haiku-4-5', 'claude/*', 'gemini/gemini-2.5-pro'] })
  const list = async (path: string, headers = {}) => JSON.parse((await ask(path, { method: 'GET', headers })).text)
  expect((await list('/v1/models')).data.map(({ id }: { id: string }) => id)).toEqual(['gpt-5', 'claude-haiku-4-5', 'gemini-2.5-pro'])
  expect(await list('/v1/models', { 'anthropic-version': '2023-06-01' })).toMatchObject({ data: [{ type: 'model', id: 'claude-haiku-4-5' }], has_more: false })
  expect(await list('/v1beta/models')).toMatchObject({ models: [{ name: 'models/gemini-2.5-pro' }] })
})

it.for([
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n', 405],
  ['what is no HTTP', 'hello there\r\n\r\n', 400],
  ['two lengths', `POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a head of 20 KB', `GET /v1/models HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
] as const)('%s is answered with an error, and the connection ends', async ([, bytes, status]) => {
  const { raw, provider } = await openTestWire(OK)
  expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(provider.requests).toEqual([])
})

it('an upgrade to a WebSocket is not one', async () => {
  const { raw, wire: { token } } = await openTestWire(OK)
  const answered = await raw(`GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eHh4eHh4eHh4eHh4eHh4eA==\r\nsec-websocket-version: 13\r\nauthorization: Bearer ${token}\r\n\r\n`.replace('connection: upgrade', 'connection: upgrade, close'))
  expect(answered).toMatch(/^HTTP\/1.1 405 /)
})

it('a connection that asks again before it was answered is cut', async () => {
  const { raw, provider, wire: { token } } = await openTestWire(() => {})
  const one = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: ${JSON.stringify(BODY).length}\r\n\r\n${JSON.stringify(BODY)}`
  expect(await raw(one.repeat(50))).toBe('')
  expect(provider.requests.length).toBeLessThanOrEqual(1)
})

it('a head or a body that trickles in is given up', async () => {
  const { raw, wire: { token } } = await openTestWire(OK, { bounds: { headersTimeoutMs: 100, requestTimeoutMs: 200 } })
  expect(await raw('POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-slow: ')).toMatch(/^HTTP\/1.1 408 /)
  expect(await raw(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: 900\r\n\r\n{"mod`)).toMatch(/^(?:HTTP\/1.1 408 |$)/)
})

it('a body over its bound is a 413, told by its length or by what comes', async () => {
  const { ask, provider } = await openTestWire(OK, { bounds: { maxBodyBytes: 100_000 } })
  const long = { ...BODY, messages: [{ role: 'user', content: 'x'.repeat(200_000) }] }
  expect(await ask(CHAT, { body: long })).toMatchObject({ status: 413 })
  expect(await ask(CHAT, { body: long, headers: { 'transfer-encoding': 'chunked' } })).toMatchObject({ status: 413 })
  expect(await ask(CHAT, { body: BODY, headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 415 })
  expect(provider.requests).toEqual([])
})

it('calls at a time, bytes at a time and calls in all are bounded, and room is given back', async () => {
  const { ask, open, provider } = await openTestWire((response) => {
    if (provider.requests.length > 2)
      OK(response, response.req)
  }, { bounds: { maxConcurrent: 2, maxCalls: 4, maxWaitingBytes: 5000 } })
  const hanging = [open(CHAT, { body: BODY }), open(CHAT, { body: BODY })]
  for (const request of hanging)
    request.on('error', () => {})
  await expect.poll(() => provider.requests.length).toBe(2)
  expect(await ask(CHAT, { body: BODY })).toMatchObject({ status: 429, headers: { 'retry-after': '1' }, text: expect.stringContaining('rate_limit') })
  for (const request of hanging)
    request.destroy()
  await expect.poll(async () => (await ask(CHAT, { body: { ...BODY, messages: [{ content: 'x'.repeat(6000) }] } })).text).toContain('too large together')
  for (let call = 3; call <= 4; call++)
    expect(await ask(CHAT, { body: { ...BODY, messages: [{ content: 'x'.repeat(4000) }] } })).toMatchObject({ status: 200 })
  expect(await ask(CHAT, { body: BODY })).toMatchObject({ status: 403, text: expect.stringContaining('made 4 calls') })
  expect(provider.requests).toHaveLength(4)
})

it('connections are bounded', async () => {
  const { socketPath } = await openTestWire(OK, { bounds: { maxConnections: 3 } })
  const sockets = Array.from({ length: 10 }, () => connect(socketPath).on('error', () => {}))
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(7)
  for (const socket of sockets)
    socket.destroy()
})

it('an agent that does not read holds up the provider, and not the memory; after a while it is left', async () => {
  let written = 0
  const { wire: { token }, socketPath, recorded } = await openTestWire(async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.on('close', () => written = -written)
    while (!response.destroyed && written < 200) {
      written++
      if (!response.write(`data: {"pad":"${'x'.repeat(1024 * 1024)}"}\n\n`))
        await new Promise(resolve => response.once('drain', resolve).once('close', resolve))
    }
  }, { bounds: { slowReaderMs: 400, maxAnswerBytes: 1024 ** 3 } })
  const body = JSON.stringify({ ...BODY, stream: true })
  const socket = connect(socketPath).on('error', () => {}).pause()
  socket.write(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  await expect.poll(() => written, { timeout: 5000 }).toBeGreaterThan(0)
  await wait(200)
  expect(Math.abs(written)).toBeLessThan(40)
  await expect.poll(() => recorded[0]?.answer, { timeout: 5000 }).toMatchObject({ finish: 'other', error: 'The agent did not read its answer for 0.4 s.' })
  await expect.poll(() => written).toBeLessThan(0)
  socket.destroy()
})

it('an answer without end is broken off', async () => {
  const { ask, recorded } = await openTestWire(json({ text: 'x'.repeat(3 * 1024 * 1024) }), { bounds: { maxAnswerBytes: 1024 * 1024 } })
  expect(await ask(CHAT, { body: BODY })).toMatchObject({ isWhole: false })
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error: expect.stringContaining('larger than 1 MiB') } }])
})

it('the socket is for its user and group alone', async () => {
  const { socketPath } = await openTestWire(OK)
  expect((await stat(socketPath)).mode & 0o777).toBe(0o660)
})

it('a secret of the run that an agent puts into its request does not reach the provider', async () => {
  const secret = 'ghp_canary/4711"x'
  const { ask, provider } = await openTestWire(OK, { hidden: [{ value: secret, shown: '[secret TOKEN]' }] })
  const content = `${secret} or ${Buffer.from(`user:${secret}`).toString('base64')}`
  expect(await ask(CHAT, { body: { ...BODY, messages: [{ role: 'user', content }] } })).toMatchObject({ status: 200 })
  expect(JSON.parse(provider.requests[0]!.body)).toMatchObject({ model: 'gpt-5', messages: [{ content: expect.stringMatching(/^\[secret TOKEN\] or [\w+/=]{0,9}\[secret TOKEN\][\w+/=]{0,4}$/) }] })
})
