import type { WireAnswer } from './answer.ts'
import { expect, it } from 'vitest'
import { KEYS, openTestWire } from '../../../test/wire/open-test-wire.ts'
import { events, json, namedEvents, stream } from '../../../test/wire/scripted-provider.ts'
import { NO_MODELS } from '../../../test/worker/no-models.ts'
import { createGateway } from '../gateway.ts'

const CHAT = { model: 'gpt-5', messages: [{ role: 'system', content: 'be brief' }, { role: 'user', content: 'hi' }], tools: [{ type: 'function', function: { name: 'shell', parameters: {} } }] }
const RESPONSES = { model: 'gpt-5', input: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function', name: 'shell' }, { type: 'web_search' }] }
const MESSAGES = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }], tools: [{ name: 'Bash', input_schema: { type: 'object' } }] }
const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }], tools: [{ functionDeclarations: [{ name: 'run' }, { name: 'read' }] }, { googleSearch: {} }] }

const CHAT_USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 } }
const RESPONSES_USAGE = { input_tokens: 11, input_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 }, output_tokens: 7 }
const USAGE = { inputTokens: 11, outputTokens: 7, cachedTokens: 3 }
const OPENAI_USAGE = { ...USAGE, cacheWriteTokens: 2 }
const LS = [{ id: 'c1', tool: 'shell', input: { command: 'ls' } }]

const chunk = (delta: unknown, finish: string | null = null) => ({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], usage: null })
const CHAT_STREAM = [
  chunk({ role: 'assistant', reasoning_content: 'hm' }),
  chunk({ content: 'let me ' }),
  chunk({ content: 'lóok' }),
  chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'shell', arguments: '{"comm' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: 'and":"ls"}' } }] }),
  chunk({}, 'tool_calls'),
]
const CHAT_USAGE_CHUNK = { id: 'x', object: 'chat.completion.chunk', choices: [], usage: CHAT_USAGE }

const RESPONSE = {
  id: 'r',
  object: 'response',
  status: 'completed',
  output: [
    { type: 'reasoning', summary: [] },
    { type: 'message', content: [{ type: 'output_text', text: 'let me look' }] },
    { type: 'function_call', call_id: 'c1', name: 'shell', arguments: '{"command":"ls"}' },
  ],
  usage: RESPONSES_USAGE,
}
const RESPONSES_STREAM = [
  { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', usage: null } },
  { type: 'response.reasoning_summary_text.delta', delta: 'hm' },
  { type: 'response.output_text.delta', delta: 'let me ' },
  { type: 'response.output_text.delta', delta: 'look' },
  { type: 'response.output_item.done', item: { type: 'function_call', call_id: 'c1', name: 'shell', arguments: '{"command":"ls"}' } },
  { type: 'response.completed', response: RESPONSE },
]

const CLAUDE_USAGE = { input_tokens: 6, cache_creation_input_tokens: 2, cache_read_input_tokens: 3, output_tokens: 1 }
const MESSAGES_STREAM = [
  { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: CLAUDE_USAGE } },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'let me look' } },
  { type: 'content_block_start', index: 2, content_block: { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
  { type: 'content_block_start', index: 3, content_block: { type: 'tool_use', id: 'c1', name: 'shell', input: {} } },
  { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '{"command"' } },
  { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: ':"ls"}' } },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
]

const GEMINI_USAGE = { promptTokenCount: 11, candidatesTokenCount: 4, thoughtsTokenCount: 3, cachedContentTokenCount: 3 }
const GEMINI_PARTS = [
  { candidates: [{ content: { parts: [{ text: 'hm', thought: true }, { text: 'let me ' }] } }], usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 1 } },
  { candidates: [{ content: { parts: [{ text: 'look' }] } }], usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 2 } },
  { candidates: [{ content: { parts: [{ functionCall: { id: 'c1', name: 'shell', args: { command: 'ls' } } }] }, finishReason: 'STOP' }], usageMetadata: GEMINI_USAGE },
]

interface Case {
  what: string
  path: string
  body: object
  answer: string | string[]
  upstreamPath: string
  key: [string, string]
  expected: Partial<WireAnswer>
  deltas?: string
  tools: string[]
}

const openaiKey: Case['key'] = ['authorization', `Bearer ${KEYS.openai}`]
const claudeKey: Case['key'] = ['x-api-key', KEYS.claude]
const geminiKey: Case['key'] = ['x-goog-api-key', KEYS.gemini]
const WITH_TOOL = { text: 'let me look', toolCalls: LS, usage: USAGE, finish: 'tool_calls', error: null } as const
const OF_OPENAI = { ...WITH_TOOL, usage: OPENAI_USAGE }

const CASES: Case[] = [
  {
    what: 'a whole chat answer',
    path: '/v1/chat/completions',
    body: CHAT,
    answer: JSON.stringify({ choices: [{ index: 0, message: { content: 'let me look', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'shell', arguments: '{"command":"ls"}' } }] }, finish_reason: 'tool_calls' }], usage: CHAT_USAGE }),
    upstreamPath: '/v1/chat/completions',
    key: openaiKey,
    expected: OF_OPENAI,
    tools: ['shell'],
  },
  {
    what: 'a chat stream whose usage the agent asks for',
    path: '/v1/chat/completions',
    body: { ...CHAT, stream: true, stream_options: { include_usage: true } },
    answer: [...events([...CHAT_STREAM, CHAT_USAGE_CHUNK]), 'data: [DONE]\n\n'],
    upstreamPath: '/v1/chat/completions',
    key: openaiKey,
    expected: { ...OF_OPENAI, text: 'let me lóok' },
    deltas: 'hmlet me lóok',
    tools: ['shell'],
  },
  {
    what: 'a whole answer of Responses',
    path: '/responses',
    body: RESPONSES,
    answer: JSON.stringify(RESPONSE),
    upstreamPath: '/v1/responses',
    key: openaiKey,
    expected: OF_OPENAI,
    tools: ['shell', 'web_search'],
  },
  {
    what: 'a stream of Responses',
    path: '/v1/responses',
    body: { ...RESPONSES, stream: true },
    answer: namedEvents(RESPONSES_STREAM),
    upstreamPath: '/v1/responses',
    key: openaiKey,
    expected: OF_OPENAI,
    deltas: 'hmlet me look',
    tools: ['shell', 'web_search'],
  },
  {
    what: 'a whole answer of messages',
    path: '/v1/messages?beta=true',
    body: MESSAGES,
    answer: JSON.stringify({ type: 'message', content: [{ type: 'text', text: 'let me look' }, { type: 'tool_use', id: 'c1', name: 'shell', input: { command: 'ls' } }], stop_reason: 'tool_use', usage: { ...CLAUDE_USAGE, output_tokens: 7 } }),
    upstreamPath: '/v1/messages?beta=true',
    key: claudeKey,
    expected: WITH_TOOL,
    tools: ['Bash'],
  },
  {
    what: 'a stream of messages',
    path: '/v1/messages',
    body: { ...MESSAGES, stream: true },
    answer: namedEvents(MESSAGES_STREAM),
    upstreamPath: '/v1/messages',
    key: claudeKey,
    expected: WITH_TOOL,
    deltas: 'hmlet me look',
    tools: ['Bash'],
  },
  {
    what: 'a whole answer of Gemini',
    path: '/v1beta/models/gemini-2.5-pro:generateContent',
    body: GEMINI,
    answer: JSON.stringify({ candidates: [{ content: { parts: [{ text: 'let me look' }, { functionCall: { id: 'c1', name: 'shell', args: { command: 'ls' } } }] }, finishReason: 'STOP' }], usageMetadata: GEMINI_USAGE }),
    upstreamPath: '/v1beta/models/gemini-2.5-pro:generateContent',
    key: geminiKey,
    expected: WITH_TOOL,
    tools: ['run', 'read', 'googleSearch'],
  },
  {
    what: 'a Gemini stream of events',
    path: '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    body: GEMINI,
    answer: events(GEMINI_PARTS).map(event => event.replace(/\n\n$/, '\r\n\r\n')),
    upstreamPath: '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    key: geminiKey,
    expected: WITH_TOOL,
    deltas: 'hmlet me look',
    tools: ['run', 'read', 'googleSearch'],
  },
  {
    what: 'a Gemini stream that is one long list',
    path: '/v1/models/gemini-2.5-pro:streamGenerateContent',
    body: GEMINI,
    answer: JSON.stringify(GEMINI_PARTS, null, 2),
    upstreamPath: '/v1/models/gemini-2.5-pro:streamGenerateContent',
    key: geminiKey,
    expected: WITH_TOOL,
    tools: ['run', 'read', 'googleSearch'],
  },
]

it.for(CASES)('$what passes byte by byte, with the provider\'s key, and is counted', async (one) => {
  const { path, body, answer, upstreamPath, key: [header, value], expected, deltas, tools } = one
  const script = typeof answer === 'string' ? json(JSON.parse(answer)) : stream(answer)
  const { ask, provider, recorded, wire } = await openTestWire(script)
  const sent = JSON.stringify(body, null, 1)
  const answered = await ask(path, { body: sent })
  expect(answered).toMatchObject({ status: 200, isWhole: true, text: typeof answer === 'string' ? JSON.stringify(JSON.parse(answer)) : answer.join('') })
  expect(provider.requests).toMatchObject([{ method: 'POST', url: upstreamPath, body: sent, headers: { [header]: value, 'accept-encoding': 'identity' } }])
  expect(JSON.stringify(provider.requests)).not.toContain(wire.token)
  const messages = (Object.values(body).find(Array.isArray) as unknown[]).length
  expect(recorded).toMatchObject([{ call: { messages, tools }, answer: { ...expected, durationMs: expect.any(Number) } }])
  if (deltas !== undefined)
    expect(recorded[0]!.deltas.map(({ text }) => text).join('')).toBe(deltas)
})

it('a chat stream is asked for its usage, and the agent that did not ask gets all but that', async () => {
  const { ask, provider, recorded } = await openTestWire(stream([...events([...CHAT_STREAM, CHAT_USAGE_CHUNK]), 'data: [DONE]\n\n']))
  const sent = '{"stream" : true, "seed": 9007199254740993, "model":"gpt-5","messages":[]}'
  const { text } = await ask('/v1/chat/completions', { body: sent })
  expect(text).toBe([...events(CHAT_STREAM), 'data: [DONE]\n\n'].join(''))
  expect(provider.requests[0]!.body).toBe(`{"stream_options":{"include_usage":true},${sent.slice(1)}`)
  expect(recorded[0]!.answer).toMatchObject({ usage: USAGE, finish: 'tool_calls' })
})

it.for(['{"include_usage":false,"include_obfuscation":false}', '{"include_usage":true,"include_usage":false,"include_obfuscation":false}', '{"include_usage":false,"INCLUDE_USAGE":false,"include_obfuscation":false}'])(
  'a chat stream with the options %s is asked for its usage all the same',
  async (options) => {
    const { ask, provider } = await openTestWire(stream([...events([...CHAT_STREAM, CHAT_USAGE_CHUNK]), 'data: [DONE]\n\n']))
    const { text } = await ask('/v1/chat/completions', { body: `{"model":"gpt-5","stream":true,"stream_options": ${options} ,"messages":[]}` })
    expect(text).not.toContain('prompt_tokens')
    expect(provider.requests[0]!.body).toBe('{"model":"gpt-5","stream":true,"stream_options": {"include_obfuscation":false,"include_usage":true} ,"messages":[]}')
  },
)

it('a count of tokens passes, is recorded, and counts nothing', async () => {
  const { ask, provider, recorded } = await openTestWire(json({ input_tokens: 42 }))
  expect((await ask('/v1/messages/count_tokens', { body: MESSAGES })).text).toBe('{"input_tokens":42}')
  expect((await ask('/v1beta/models/gemini-2.5-pro:countTokens', { body: GEMINI })).status).toBe(200)
  expect(provider.requests.map(({ url }) => url)).toEqual(['/v1/messages/count_tokens', '/v1beta/models/gemini-2.5-pro:countTokens'])
  expect(recorded.map(({ answer }) => answer)).toMatchObject([{ error: null, usage: { inputTokens: 0 } }, { error: null, usage: { inputTokens: 0 } }])
})

it('an answer of many megabytes is counted to its end, and the log keeps the beginning', async () => {
  const image = 'iVBOR'.repeat(3_000_000)
  const { ask, recorded } = await openTestWire(json({ candidates: [{ content: { parts: [{ inlineData: { data: image } }, { text: 'x'.repeat(2_000_000) }] }, finishReason: 'STOP' }], usageMetadata: GEMINI_USAGE }))
  const { text } = await ask('/v1beta/models/gemini-2.5-pro:generateContent', { body: GEMINI })
  expect(text.length).toBeGreaterThan(17_000_000)
  expect(recorded[0]!.answer).toMatchObject({ usage: USAGE, finish: 'stop' })
  expect(recorded[0]!.answer!.text.length).toBeLessThan(1_100_000)
})

it('a client that real agents use works through it, tools and all', async () => {
  const { port, token, recorded } = await openTestWire(stream([...events([...CHAT_STREAM, CHAT_USAGE_CHUNK]), 'data: [DONE]\n\n']), { onPort: true })
  const client = createGateway({ ...NO_MODELS, openai: { apiKey: token, baseUrl: `http://127.0.0.1:${port}/v1`, speaks: null } })
  const outcome = await client.call({ model: 'openai/gpt-5', messages: [{ role: 'user', content: 'hi' }], tools: [], onDelta: () => {}, signal: new AbortController().signal })
  expect(outcome).toEqual({ ok: true, text: 'let me lóok', toolCalls: LS, finish: 'tool_calls', usage: OPENAI_USAGE })
  expect(recorded[0]!.answer).toMatchObject({ text: 'let me lóok', toolCalls: LS, usage: OPENAI_USAGE })
})
