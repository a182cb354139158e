import { once } from 'node:events'
import { expect, it } from 'vitest'
import { KEYS, openTestWire } from '../../../test/wire/open-test-wire.ts'
import { events, json, namedEvents, stream } from '../../../test/wire/scripted-provider.ts'

const CHAT = { path: '/v1/chat/completions', body: { model: 'gpt-5', messages: [], stream: true } }
const MESSAGES = { path: '/v1/messages', body: { model: 'claude-haiku-4-5', messages: [], stream: true } }
const GEMINI = { path: '/v1beta/models/gemini-2.5-pro:generateContent', body: { contents: [] } }
const RESPONSES = { path: '/v1/responses', body: { model: 'gpt-5', input: 'hi' } }
const text = (content: string) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const MESSAGE_START = { type: 'message_start', message: { usage: { input_tokens: 9, output_tokens: 1 } } }

it.for([
  [400, CHAT, { error: { message: 'messages: too few', type: 'invalid_request_error' } }, 'openai/gpt-5 answered 400: messages: too few'],
  [401, RESPONSES, { error: { message: 'Incorrect API key', code: 'invalid_api_key' } }, 'openai/gpt-5 answered 401: Incorrect API key'],
  [429, MESSAGES, { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } }, 'claude/claude-haiku-4-5 answered 429: slow down'],
  [500, GEMINI, { error: { code: 500, message: 'oops', status: 'INTERNAL' } }, 'gemini/gemini-2.5-pro answered 500: oops'],
  [529, MESSAGES, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'claude/claude-haiku-4-5 answered 529: Overloaded'],
  [404, GEMINI, { detail: 'what is that' }, 'gemini/gemini-2.5-pro answered 404: {"detail":"what is that"}'],
] as const)('a %i goes to the agent as the provider wrote it, and is recorded as a failure', async ([status, { path, body }, said, error]) => {
  const { ask, recorded } = await openTestWire(json(said, status, { 'retry-after': '7', 'request-id': 'req-1', 'x-ratelimit-remaining-tokens': '0', 'set-cookie': 'a=b', 'openai-organization': 'org-1' }))
  const answered = await ask(path, { body })
  expect(answered).toMatchObject({ status, text: JSON.stringify(said), headers: { 'retry-after': '7', 'request-id': 'req-1', 'x-ratelimit-remaining-tokens': '0' } })
  expect(answered.headers).not.toHaveProperty('set-cookie')
  expect(answered.headers).not.toHaveProperty('openai-organization')
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error, text: '', usage: { inputTokens: 0, outputTokens: 0 } } }])
})

it.for([
  ['chat', CHAT, events([text('so far'), { error: { message: 'the engine stopped' } }]), 'openai/gpt-5 broke off: the engine stopped'],
  ['Responses', RESPONSES, namedEvents([{ type: 'response.output_text.delta', delta: 'so far' } as { type: string }, { type: 'response.failed', response: { status: 'failed', error: { message: 'the engine stopped' } } } as { type: string }]), 'openai/gpt-5 broke off: the engine stopped'],
  ['messages', MESSAGES, namedEvents([MESSAGE_START, { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'so far' } } as { type: string }, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } as { type: string }]), 'claude/claude-haiku-4-5 broke off: Overloaded'],
] as const)('an error in the middle of a stream of %s is passed on and recorded', async ([, { path, body }, pieces, error]) => {
  const { ask, recorded } = await openTestWire(stream([...pieces]))
  expect(await ask(path, { body })).toMatchObject({ status: 200, isWhole: true, text: pieces.join('') })
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error, text: 'so far' } }])
})

it('a stream that the provider breaks off breaks off for the agent too, and counts so far', async () => {
  const { ask, recorded } = await openTestWire(stream(namedEvents([MESSAGE_START]), 'cut'))
  expect(await ask(MESSAGES.path, MESSAGES)).toMatchObject({ status: 200, isWhole: false })
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error: expect.stringContaining('was cut off'), usage: { inputTokens: 9, outputTokens: 1 } } }])
})

it('a stream that ends without saying so is no whole answer', async () => {
  const { ask, recorded } = await openTestWire(stream(events([text('half')])))
  expect(await ask(CHAT.path, CHAT)).toMatchObject({ status: 200, isWhole: true })
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error: 'openai/gpt-5 was cut off in the middle of its answer.', text: 'half' } }])
})

it('an agent that goes away in the middle ends the call at the provider, and what came is recorded', async () => {
  const { open, provider, recorded } = await openTestWire(stream(namedEvents([MESSAGE_START, { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'so' } } as { type: string }]), 'silence'))
  const request = open(MESSAGES.path, MESSAGES)
  const [response] = await once(request, 'response') as [NodeJS.ReadableStream]
  await once(response, 'data')
  await expect.poll(() => recorded[0]!.deltas).toEqual([{ kind: 'text', text: 'so' }])
  request.destroy()
  await expect.poll(() => recorded[0]!.answer).toMatchObject({ finish: 'other', error: 'The agent left before the answer was whole.', usage: { inputTokens: 9, outputTokens: 1 } })
  await expect.poll(provider.left).toBe(1)
})

it('the end of the run ends its calls: each is recorded before the wire is closed, and nobody calls any more', async () => {
  const { ask, wire, recorded, provider } = await openTestWire(stream(namedEvents([MESSAGE_START]), 'silence'))
  const asked = ask(MESSAGES.path, MESSAGES)
  await expect.poll(() => provider.requests.length).toBe(1)
  await expect.poll(() => recorded[0]!.answer).toBeNull()
  await Promise.all([wire.close(), wire.close()])
  expect(recorded).toMatchObject([{ answer: { finish: 'other', error: 'The run ended before the answer was whole.' } }])
  expect(await asked).toMatchObject({ isWhole: false })
  await expect(ask(MESSAGES.path, MESSAGES)).rejects.toThrow(/ENOENT|ECONNREFUSED/)
})

it.for(['nothing', 'half an answer'])('a provider that sends %s and falls silent is given up', async (what) => {
  const script = what === 'nothing' ? () => {} : stream(events([text('half')]), 'silence')
  const { ask, recorded, provider } = await openTestWire(script, { bounds: { firstByteMs: 80, idleMs: 80 } })
  const answered = await ask(CHAT.path, CHAT)
  expect(answered).toMatchObject(what === 'nothing' ? { status: 504, text: expect.stringContaining('sent nothing for 0.08 s') } : { status: 200, isWhole: false })
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error: 'openai/gpt-5 sent nothing for 0.08 s.' } }])
  await expect.poll(provider.left).toBe(1)
})

it('a redirect is not followed, so the key goes nowhere else', async () => {
  const other = await openTestWire(json({}))
  const { ask, recorded } = await openTestWire(response => void response.writeHead(307, { location: `${other.provider.url}/v1/messages` }).end())
  expect(await ask(MESSAGES.path, MESSAGES)).toMatchObject({ status: 502, text: expect.stringContaining('not followed') })
  expect(other.provider.requests).toEqual([])
  expect(recorded).toMatchObject([{ answer: { finish: 'error', error: expect.stringContaining('307') } }])
})

it('a provider that cannot be reached is a 502 in the agent\'s own format', async () => {
  const { ask, recorded } = await openTestWire(response => response.socket?.resetAndDestroy())
  const { status, text } = await ask(MESSAGES.path, MESSAGES)
  expect(status).toBe(502)
  expect(JSON.parse(text)).toEqual({ type: 'error', error: { type: 'api_error', message: expect.stringMatching(/^claude\/claude-haiku-4-5 cannot be reached: /) } })
  expect(recorded).toMatchObject([{ answer: { finish: 'error' } }])
})

it('a call that cannot be written down is not made', async () => {
  const { ask, provider, recorded } = await openTestWire(json({}), { onRequested: () => Promise.reject(new Error('disk full')) })
  await expect(ask(CHAT.path, CHAT)).rejects.toThrow()
  expect(provider.requests).toEqual([])
  expect(recorded).toEqual([])
})

it.for([1, 3, 7, 50])('a key that the provider echoes, in pieces of %i bytes, reaches neither the agent nor the record', async (size) => {
  for (const key of [KEYS.openai, JSON.stringify(KEYS.openai).replaceAll('/', '\\/').slice(1, -1), encodeURIComponent(KEYS.openai)]) {
    const said = `{"error":{"message":"Incorrect API key: ${key}, sk-canary/ is not it"}}`
    const pieces = said.match(new RegExp(`[^]{1,${size}}`, 'g'))!
    const { ask, recorded } = await openTestWire(async (response) => {
      response.writeHead(401, { 'content-type': 'application/json', 'x-request-id': KEYS.openai })
      for (const piece of pieces) {
        response.write(piece)
        await new Promise(resolve => setImmediate(resolve))
      }
      response.end()
    })
    const answered = await ask(CHAT.path, CHAT)
    expect(answered.text).toBe(said.replace(key, '[key]'))
    expect(JSON.stringify([answered, recorded])).not.toContain('4711')
  }
})
