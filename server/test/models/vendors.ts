import type { Gateway } from '../../src/models/gateway.ts'
import type { ModelSettings } from '../../src/models/providers.ts'
import type { Script, ScriptedProvider } from '../wire/scripted-provider.ts'
import { expect, vi } from 'vitest'
import { events, json, namedEvents, startScriptedProvider, stream } from '../wire/scripted-provider.ts'
import { NO_MODELS } from '../worker/no-models.ts'

/** One answer of a model, whoever's words it is put into. */
export interface Said {
  text?: string
  thought?: string
  call?: { id: string, tool: string, input: unknown }
}

/** A request's words for the longest answer. */
interface Asked { max_tokens?: number, max_output_tokens?: number, generationConfig?: { maxOutputTokens?: number } }

/** A vendor's language, as its public reference has it: what it answers, how it fails, and how it is set up here. */
export interface Vendor {
  name: string
  /** `provider/model` */
  model: string
  settings: (url: string) => Partial<ModelSettings>
  /** Where it is called. */
  path: RegExp
  /** Where a request says how long the answer may be. */
  longest: (request: Asked) => unknown
  /** How the key is shown. */
  keyOf: (headers: Record<string, unknown>) => unknown
  answer: (said: Said) => string[]
  /** What each answer says that it counted, in our words. */
  usage: object
  /** Of one answer, by the prices of the test. */
  costUsd: number
  error: (status: number, what: 'key' | 'rate' | 'outage' | 'long') => Script
  /** The same in the middle of a stream; null: it has no such word. */
  streamError: string[] | null
  /** What must come back with the turn after a thought and a call; null: nothing of the kind. */
  signed: ((body: string) => boolean) | null
}

export const KEY = 'sk-canary/of-the+vendor-4711'

const PRICES = { input: 1, output: 10, cachedInput: 0.1, cacheWrite: 2, longCacheWrite: 4, above: null }

const WORDS = { key: `no such key ${KEY}`, rate: 'slow down', outage: 'we are down', long: 'too many tokens: the context length is exceeded' }
const RETRY: Record<string, Record<string, string>> = { key: {}, rate: { 'retry-after': '2' }, outage: {}, long: {} }

export const VENDORS: Vendor[] = [
  {
    name: 'OpenAI, Responses',
    model: 'openai/gpt-5',
    settings: url => ({ openai: { apiKey: KEY, baseUrl: `${url}/v1`, speaks: 'responses' } }),
    path: /^\/v1\/responses$/,
    longest: asked => asked.max_output_tokens,
    keyOf: ({ authorization }) => authorization,
    answer: responses,
    usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, reasoningTokens: 5 },
    costUsd: (60 * 1 + 40 * 0.1 + 20 * 10) / 1e6,
    error: (status, what) => json({ error: { message: WORDS[what], type: 'x', code: what === 'long' ? 'context_length_exceeded' : null, param: null } }, status, RETRY[what]),
    streamError: namedEvents([{ type: 'error', sequence_number: 1, error: { type: 'server_error', code: 'rate_limit_exceeded', message: WORDS.rate, param: null } } as { type: string }]),
    signed: body => body.includes('"encrypted_content":"sealed thought"'),
  },
  {
    name: 'an endpoint by name',
    model: 'my-box/some-model',
    settings: url => ({ endpoints: [{ name: 'my-box', baseUrl: `${url}/v1`, apiKey: KEY }] }),
    path: /^\/v1\/chat\/completions$/,
    longest: asked => asked.max_tokens,
    keyOf: ({ authorization }) => authorization,
    answer: chat,
    usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, reasoningTokens: 5 },
    costUsd: (60 * 1 + 40 * 0.1 + 20 * 10) / 1e6,
    error: (status, what) => json({ error: { message: WORDS[what], code: what === 'long' ? 'context_length_exceeded' : null } }, status, RETRY[what]),
    streamError: events([{ error: { message: WORDS.rate, code: 'rate_limit_exceeded' } }]),
    signed: null,
  },
  {
    name: 'GitHub Models',
    model: 'github/openai/gpt-4.1',
    settings: url => ({ github: { apiKey: KEY, baseUrl: `${url}/inference` } }),
    path: /^\/inference\/chat\/completions$/,
    longest: asked => asked.max_tokens,
    keyOf: ({ authorization }) => authorization,
    answer: chat,
    usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, reasoningTokens: 5 },
    costUsd: (60 * 1 + 40 * 0.1 + 20 * 10) / 1e6,
    error: (status, what) => json({ error: { message: WORDS[what], code: what === 'long' ? 'tokens_limit_reached' : 'x' } }, what === 'long' ? 413 : status, RETRY[what]),
    streamError: null,
    signed: null,
  },
  {
    name: 'Ollama',
    model: 'ollama/qwen3',
    settings: url => ({ ollama: { url } }),
    path: /^\/v1\/chat\/completions$/,
    longest: asked => asked.max_tokens,
    keyOf: () => `Bearer ${KEY}`, // it has none
    answer: chat,
    usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, reasoningTokens: 5 },
    costUsd: 0,
    error: (status, what) => json({ error: { message: what === 'key' ? 'no such key' : WORDS[what] } }, status, RETRY[what]),
    streamError: null,
    signed: null,
  },
  {
    name: 'Claude',
    model: 'claude/claude-sonnet-4-5',
    settings: url => ({ claude: { apiKey: KEY, baseUrl: url } }),
    path: /^\/v1\/messages$/,
    longest: asked => asked.max_tokens,
    keyOf: headers => `Bearer ${String(headers['x-api-key'])}`,
    answer: messages,
    usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, cacheWriteTokens: 30, longCacheWriteTokens: 10 },
    costUsd: (30 * 1 + 40 * 0.1 + 20 * 2 + 10 * 4 + 20 * 10) / 1e6,
    error: (status, what) => json({ type: 'error', error: { type: 'x', message: WORDS[what] } }, status === 503 ? 529 : status, RETRY[what]),
    streamError: namedEvents([{ type: 'error', error: { type: 'rate_limit_error', message: WORDS.rate } } as { type: string }]),
    signed: body => body.includes('"type":"thinking","thinking":"hm, let me think","signature":"signed by claude"'),
  },
  {
    name: 'Gemini',
    model: 'gemini/gemini-2.5-pro',
    settings: url => ({ gemini: { apiKey: KEY, baseUrl: url } }),
    path: /^\/v1beta\/models\/gemini-2\.5-pro:streamGenerateContent\?alt=sse$/,
    longest: asked => asked.generationConfig?.maxOutputTokens,
    keyOf: headers => `Bearer ${String(headers['x-goog-api-key'])}`,
    answer: gemini,
    usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, reasoningTokens: 5 },
    costUsd: (60 * 1 + 40 * 0.1 + 20 * 10) / 1e6,
    error: (status, what) => json({ error: { code: status, message: what === 'key' ? 'API key not valid. Please pass a valid API key.' : WORDS[what], status: 'X', details: what === 'rate' ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', 'retryDelay': '2s' }] : [] } }, what === 'key' ? 400 : status),
    streamError: null,
    signed: body => body.includes('"thoughtSignature":"signed by gemini"'),
  },
  {
    name: 'Cohere',
    model: 'cohere/command-a-03-2025',
    settings: url => ({ cohere: { apiKey: KEY, baseUrl: `${url}/v2` } }),
    path: /^\/v2\/chat$/,
    longest: asked => asked.max_tokens,
    keyOf: ({ authorization }) => authorization,
    answer: cohere,
    usage: { inputTokens: 100, outputTokens: 20 },
    costUsd: (100 * 1 + 20 * 10) / 1e6,
    error: (status, what) => json({ message: WORDS[what] }, status, RETRY[what]),
    streamError: null,
    signed: null,
  },
]

/** Our side of it: a price for everything but Ollama, which costs nothing. */
export function settingsOf(vendor: Vendor, url: string): ModelSettings {
  const price = vendor.costUsd === 0 ? { ...PRICES, input: 0, output: 0, cachedInput: 0 } : PRICES
  return { ...NO_MODELS, ...vendor.settings(url), prices: { version: 'test', models: { [`${vendor.model.split('/')[0]}/*`]: price } } }
}

export interface StartedVendor extends ScriptedProvider {
  /** What was asked of its models. */
  calls: () => ScriptedProvider['requests']
}

/** Answers with one script after another, the last one again and again; a list of models and Ollama's version beside it. */
export async function startVendor(vendor: Vendor, scripts: (Script | Said)[]): Promise<StartedVendor> {
  const waiting = [...scripts]
  const provider = await startScriptedProvider((response, request) => {
    if (request.method === 'GET')
      return json({ version: '0.9', data: [{ id: 'one' }, { id: 'two' }], models: [{ name: 'models/one' }, { name: 'models/two' }] })(response, request)
    const next = waiting.length > 1 ? waiting.shift()! : waiting[0]!
    return (typeof next === 'function' ? next : stream(vendor.answer(next)))(response, request)
  })
  return { ...provider, calls: () => provider.requests.filter(({ method }) => method === 'POST') }
}

/** An Ollama is looked for with little patience; a busy machine may need a second look. */
export async function untilFound(gateway: Gateway, { model }: Vendor): Promise<void> {
  await gateway.start()
  await vi.waitFor(() => expect(gateway.canServe(model)).toBeNull(), { timeout: 20_000, interval: 200 })
}

function chat({ text, thought, call }: Said): string[] {
  const chunk = (delta: object, finish: string | null = null, more: object = {}) =>
    ({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more })
  const usage = { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 40 }, completion_tokens_details: { reasoning_tokens: 5 } }
  return [
    ...events([
      ...thought ? [chunk({ reasoning_content: thought })] : [],
      ...text ? [chunk({ content: text })] : [],
      ...call ? [chunk({ tool_calls: [{ index: 0, id: call.id, type: 'function', function: { name: call.tool, arguments: JSON.stringify(call.input) } }] })] : [],
      chunk({}, call ? 'tool_calls' : 'stop', { usage }),
    ]),
    'data: [DONE]\n\n',
  ]
}

function responses({ text, thought, call }: Said): string[] {
  const base = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5' }
  const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 40 }, output_tokens: 20, output_tokens_details: { reasoning_tokens: 5 } }
  const all: { type: string, [key: string]: unknown }[] = [{ type: 'response.created', response: { ...base, status: 'in_progress' } }]
  let at = 0
  if (thought) {
    all.push(
      { type: 'response.output_item.added', output_index: at, item: { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: null } },
      { type: 'response.reasoning_summary_part.added', item_id: 'rs_1', output_index: at, summary_index: 0, part: { type: 'summary_text', text: '' } },
      { type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: at, summary_index: 0, delta: thought },
      { type: 'response.reasoning_summary_part.done', item_id: 'rs_1', output_index: at, summary_index: 0, part: { type: 'summary_text', text: thought } },
      { type: 'response.output_item.done', output_index: at++, item: { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: thought }], encrypted_content: 'sealed thought' } },
    )
  }
  if (text) {
    all.push(
      { type: 'response.output_item.added', output_index: at, item: { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] } },
      { type: 'response.output_text.delta', item_id: 'msg_1', output_index: at, content_index: 0, delta: text, logprobs: [] },
      { type: 'response.output_item.done', output_index: at++, item: { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] } },
    )
  }
  if (call) {
    const item = { type: 'function_call', id: 'fc_1', call_id: call.id, name: call.tool }
    all.push(
      { type: 'response.output_item.added', output_index: at, item: { ...item, arguments: '', status: 'in_progress' } },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: at, delta: JSON.stringify(call.input) },
      { type: 'response.output_item.done', output_index: at++, item: { ...item, arguments: JSON.stringify(call.input), status: 'completed' } },
    )
  }
  return namedEvents([...all, { type: 'response.completed', response: { ...base, status: 'completed', incomplete_details: null, usage } }])
}

function messages({ text, thought, call }: Said): string[] {
  const all: { type: string, [key: string]: unknown }[] = [{
    type: 'message_start',
    message: { id: 'm', type: 'message', role: 'assistant', model: 'x', content: [], stop_reason: null, usage: { input_tokens: 30, cache_read_input_tokens: 40, cache_creation_input_tokens: 30, cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 }, output_tokens: 1 } },
  }]
  let index = 0
  const block = (content: object, deltas: object[]) => {
    all.push({ type: 'content_block_start', index, content_block: content }, ...deltas.map(delta => ({ type: 'content_block_delta', index, delta })), { type: 'content_block_stop', index })
    index++
  }
  if (thought)
    block({ type: 'thinking', thinking: '', signature: '' }, [{ type: 'thinking_delta', thinking: thought }, { type: 'signature_delta', signature: 'signed by claude' }])
  if (text)
    block({ type: 'text', text: '' }, [{ type: 'text_delta', text }])
  if (call)
    block({ type: 'tool_use', id: call.id, name: call.tool, input: {} }, [{ type: 'input_json_delta', partial_json: JSON.stringify(call.input) }])
  return namedEvents([...all, { type: 'message_delta', delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 20 } }, { type: 'message_stop' }])
}

function gemini({ text, thought, call }: Said): string[] {
  const piece = (part: object, more: object = {}) => ({ candidates: [{ content: { role: 'model', parts: [part] }, index: 0, ...more }], usageMetadata: { promptTokenCount: 100, cachedContentTokenCount: 40, totalTokenCount: 120, candidatesTokenCount: 15, thoughtsTokenCount: 5 } })
  const last = { finishReason: 'STOP' }
  return events([
    ...thought ? [piece({ text: thought, thought: true })] : [],
    ...text ? [piece({ text })] : [],
    ...call ? [piece({ functionCall: { name: call.tool, args: call.input }, thoughtSignature: 'signed by gemini' })] : [],
    piece({ text: '' }, last),
  ])
}

function cohere({ text, thought, call }: Said): string[] {
  const all: { type: string, [key: string]: unknown }[] = [{ type: 'message-start', id: 'c', delta: { message: { role: 'assistant' } } }]
  const content = (index: number, start: object, delta: object) => all.push(
    { type: 'content-start', index, delta: { message: { content: start } } },
    { type: 'content-delta', index, delta: { message: { content: delta } } },
    { type: 'content-end', index },
  )
  if (thought)
    content(0, { type: 'thinking', thinking: '' }, { thinking: thought })
  if (text)
    content(1, { type: 'text', text: '' }, { text })
  if (call) {
    const made = (more: object) => ({ message: { tool_calls: more } })
    all.push(
      { type: 'tool-call-start', index: 0, delta: made({ id: call.id, type: 'function', function: { name: call.tool, arguments: '' } }) },
      { type: 'tool-call-delta', index: 0, delta: made({ function: { arguments: JSON.stringify(call.input) } }) },
      { type: 'tool-call-end', index: 0 },
    )
  }
  return namedEvents([...all, { type: 'message-end', delta: { finish_reason: call ? 'TOOL_CALL' : 'COMPLETE', usage: { billed_units: { input_tokens: 90, output_tokens: 20 }, tokens: { input_tokens: 100, output_tokens: 20 } } } }])
}
