import type { ScriptedModel, Turn } from '../../test/worker/scripted-model.ts'
import type { ModelDelta } from './model-answer.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { NO_MODELS } from '../../test/worker/no-models.ts'
import { chunk, startScriptedModel } from '../../test/worker/scripted-model.ts'
import { createGateway } from './gateway.ts'
import { normaliseHost } from './ollama.ts'

const KEY = 'sk-canary-4711'
const SHORT = { firstByteMs: 60, idleMs: 60 }
const SHELL = { name: 'shell', description: 'runs a command', inputSchema: { type: 'object', properties: { command: { type: 'string' } } } }

let scripted: ScriptedModel | undefined
afterEach(async () => {
  await scripted?.stop()
  scripted = undefined
})

async function ask(turns: Turn[], o: { signal?: AbortSignal, timeouts?: typeof SHORT, messages?: Parameters<ReturnType<typeof createGateway>['call']>[0]['messages'] } = {}) {
  scripted = await startScriptedModel(turns)
  const gateway = createGateway({ ...NO_MODELS, openai: { apiKey: KEY, baseUrl: scripted.baseUrl, speaks: null } }, o.timeouts)
  const deltas: ModelDelta[] = []
  const outcome = await gateway.call({
    model: 'openai/scripted',
    messages: o.messages ?? [{ role: 'system', content: 'be brief' }, { role: 'user', content: 'hello' }],
    tools: [SHELL],
    onDelta: delta => deltas.push(delta),
    signal: o.signal ?? new AbortController().signal,
  })
  return { outcome, deltas, requests: scripted.requests }
}

it('text and reasoning stream piece by piece, and the answer carries the usage of the wire', async () => {
  const { outcome, deltas, requests } = await ask([{ reasoning: 'hm', say: 'good day to you' }])
  expect(outcome).toEqual({ ok: true, text: 'good day to you', toolCalls: [], finish: 'stop', usage: { inputTokens: 11, outputTokens: 7, cachedTokens: 3 } })
  expect(deltas).toEqual([{ kind: 'reasoning', text: 'hm' }, ...['good ', 'day ', 'to ', 'you'].map(text => ({ kind: 'text', text }))])
  expect(requests[0]!.authorization).toBe(`Bearer ${KEY}`)
  expect(requests[0]!.body.tools!.map(tool => tool.function.name)).toEqual(['shell'])
})

it('two tool calls of one turn come back parsed', async () => {
  const { outcome } = await ask([{ call: [{ tool: 'shell', input: { command: 'ls' } }, { tool: 'shell', input: { command: 'pwd' } }] }])
  expect(outcome).toMatchObject({ ok: true, finish: 'tool_calls', toolCalls: [
    { id: 'call-0', tool: 'shell', input: { command: 'ls' } },
    { id: 'call-1', tool: 'shell', input: { command: 'pwd' } },
  ] })
})

it('a tool call whose arguments are broken JSON keeps the text that was written, so that the model can be told', async () => {
  const { outcome } = await ask([{ call: [{ tool: 'shell', input: '{"command": "ls' }] }])
  expect(outcome).toMatchObject({ ok: true, toolCalls: [{ tool: 'shell', input: '{"command": "ls' }] })
})

it('the conversation goes back to the endpoint with its tool calls and their results', async () => {
  const { requests } = await ask([{ say: 'done' }], { messages: [
    { role: 'user', content: 'look' },
    { role: 'assistant', content: '', toolCalls: [{ id: 'a', tool: 'shell', input: { command: 'ls' } }, { id: 'b', tool: 'shell', input: 'broken' }] },
    { role: 'tool', callId: 'a', tool: 'shell', content: 'README.md' },
    { role: 'tool', callId: 'b', tool: 'shell', content: 'not JSON' },
  ] })
  const [, assistant, first, second] = requests[0]!.body.messages
  expect(assistant!.tool_calls).toMatchObject([
    { id: 'a', function: { name: 'shell', arguments: '{"command":"ls"}' } },
    { id: 'b', function: { arguments: '{"invalid":"broken"}' } },
  ])
  expect([first, second]).toMatchObject([{ tool_call_id: 'a', content: 'README.md' }, { tool_call_id: 'b', content: 'not JSON' }])
})

it.for<[string, Turn, object]>([
  ['401 is about the key', { status: 401, body: JSON.stringify({ error: { message: `Incorrect API key ${KEY}` } }) }, { kind: 'auth', retryable: false, message: expect.stringMatching(/401.*\[key\].*OPENAI_API_KEY/) }],
  ['429 can pass, when the endpoint says so', { status: 429, headers: { 'retry-after': '2' } }, { kind: 'rate_limited', retryable: true, retryAfterMs: 2000 }],
  ['an empty account does not fill by waiting', { status: 429, body: JSON.stringify({ error: { message: 'no credit', code: 'insufficient_quota' } }) }, { kind: 'rate_limited', retryable: false }],
  ['500 can pass', { status: 500, body: 'oh no' }, { kind: 'unavailable', retryable: true, message: expect.stringContaining('500: oh no') }],
  ['400 is our fault', { status: 400 }, { kind: 'bad_request', retryable: false }],
  ['an answer that is cut in the middle is no answer', { raw: [chunk({ content: 'half an ans' })], then: 'cut' }, { kind: 'unavailable', retryable: true }],
  ['an answer that ends without saying so is no answer', { raw: [chunk({ content: 'half an ans' })], then: 'end' }, { kind: 'unavailable', retryable: true, message: expect.stringContaining('cut off') }],
  ['lines that are no JSON are said to be none', { raw: ['data: {"choices": [\n\n'], then: 'end' }, { kind: 'malformed', retryable: true }],
  ['a page instead of a stream is no answer', { raw: ['<html>Welcome to the proxy</html>'], then: 'end' }, { kind: 'unavailable' }],
  ['an error in the stream is a failure, not text', { raw: [chunk({ content: 'well' }), 'data: {"error":{"message":"overloaded","code":"rate_limit_exceeded"}}\n\n'], then: 'end' }, { kind: 'rate_limited', message: expect.stringContaining('overloaded') }],
])('%s', async ([, turn, expected]) => {
  const { outcome } = await ask([turn])
  expect(outcome).toMatchObject({ ok: false, ...expected })
  expect(JSON.stringify(outcome)).not.toContain(KEY)
})

it('an endpoint that never answers is given up', async () => {
  const { outcome } = await ask([{ silence: true }], { timeouts: SHORT })
  expect(outcome).toMatchObject({ ok: false, kind: 'unavailable', retryable: true, message: expect.stringContaining('sent nothing') })
})

it('an endpoint that falls silent in the middle is given up', async () => {
  const { outcome, deltas } = await ask([{ raw: [chunk({ content: 'hm' })], then: 'silence' }], { timeouts: { firstByteMs: 30_000, idleMs: 50 } })
  expect(outcome).toMatchObject({ ok: false, kind: 'unavailable', message: expect.stringContaining('0.05 s') })
  expect(deltas).toHaveLength(1)
})

it('a call that is stopped says so, whatever the endpoint does', async () => {
  const stop = new AbortController()
  const asked = ask([() => {
    setImmediate(() => stop.abort())
    return { silence: true }
  }], { signal: stop.signal })
  expect((await asked).outcome).toMatchObject({ ok: false, kind: 'aborted', retryable: false })
})

it('nobody listening is said with the address', async () => {
  const gateway = createGateway({ ...NO_MODELS, openai: { apiKey: null, baseUrl: 'http://127.0.0.1:1/v1', speaks: null } })
  const outcome = await gateway.call({ model: 'openai/x', messages: [], tools: [], onDelta: () => {}, signal: new AbortController().signal })
  expect(outcome).toMatchObject({ ok: false, kind: 'unavailable', retryable: true })
})

it('with nothing configured, it says what to paste, and why each model cannot be called', () => {
  const gateway = createGateway(NO_MODELS)
  expect(gateway.configured()).toEqual([])
  expect(gateway.howTo()).toContain('OPENAI_API_KEY=')
  expect(gateway.canServe('openai/gpt-5')).toContain('OPENAI_API_KEY')
  expect(gateway.canServe('github/openai/gpt-4.1')).toContain('GITHUB_TOKEN')
  expect(gateway.canServe('ollama/qwen3')).toContain('ollama serve')
  expect(gateway.canServe('claude/claude-sonnet-4-5')).toContain('ANTHROPIC_API_KEY')
  expect(gateway.canServe('google/gemini-2.5-pro')).toContain('GEMINI_API_KEY')
  expect(gateway.canServe('cohere/command-a-03-2025')).toContain('COHERE_API_KEY')
  expect(gateway.canServe('mistral/large')).toMatch(/no provider that is known here. Expected openai\/…, claude\/….*AGENTOS_ENDPOINTS/)
})

it('a base URL without a key is enough, and its model must be named', () => {
  const gateway = createGateway({ ...NO_MODELS, openai: { apiKey: null, baseUrl: 'http://127.0.0.1:8000/v1', speaks: null } })
  expect([gateway.configured(), gateway.howTo(), gateway.canServe('openai/gpt-5')]).toEqual([['openai'], null, null])
  expect(gateway.canServe('openai')).toContain('names no model')
})

it('an Ollama that answers is found at the start', async () => {
  const server = createServer((_, response) => response.end('{"version":"0.9"}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number } // listening on TCP
  const gateway = createGateway({ ...NO_MODELS, ollama: { url: `127.0.0.1:${port}` } })
  await gateway.start()
  expect([gateway.configured(), gateway.canServe('ollama/qwen3')]).toEqual([['ollama'], null])
  server.close()
})

it('OLLAMA_HOST is read in each of the ways that Ollama reads it', () => {
  expect(['0.0.0.0', 'box:1234', 'https://box/', 'http://box:80/v1'].map(normaliseHost))
    .toEqual(['http://127.0.0.1:11434', 'http://box:1234', 'https://box', 'http://box'])
})
