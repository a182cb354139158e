import type { Said, Vendor } from '../../test/models/vendors.ts'
import type { Script } from '../../test/wire/scripted-provider.ts'
import type { ModelDelta } from './model-answer.ts'
import type { ModelMessage } from './prompt.ts'
import { describe, expect, it } from 'vitest'
import { KEY, settingsOf, startVendor, untilFound, VENDORS } from '../../test/models/vendors.ts'
import { stream } from '../../test/wire/scripted-provider.ts'
import { createGateway } from './gateway.ts'

const SHELL = { name: 'shell', description: 'runs a command', inputSchema: { type: 'object', properties: { command: { type: 'string' } } } }
const CALL = { id: 'call_1', tool: 'shell', input: { command: 'ls' } }
const ASKED: ModelMessage[] = [{ role: 'system', content: 'be brief' }, { role: 'user', content: 'look around' }]

async function ask(vendor: Vendor, scripts: (Script | Said)[], messages: ModelMessage[] = ASKED) {
  const server = await startVendor(vendor, scripts)
  const gateway = createGateway(settingsOf(vendor, server.url), { firstByteMs: 3000, idleMs: 300 })
  await untilFound(gateway, vendor)
  const deltas: ModelDelta[] = []
  const { signal } = new AbortController()
  const call = (said: ModelMessage[], more: { maxOutputTokens?: number, model?: string } = {}) =>
    gateway.call({ model: vendor.model, messages: said, tools: [SHELL], onDelta: delta => deltas.push(delta), signal, ...more })
  return { outcome: await call(messages), call, deltas, server }
}

describe.each(VENDORS)('$name', (vendor) => {
  it('thoughts and text stream, a call comes back parsed, and what was counted is its usage', async () => {
    const { outcome, deltas, server } = await ask(vendor, [{ thought: 'hm, let me think', text: 'I look', call: CALL }])
    expect(outcome).toMatchObject({ ok: true, text: 'I look', finish: 'tool_calls', toolCalls: [{ tool: 'shell', input: { command: 'ls' } }] })
    expect(outcome.ok && outcome.usage).toEqual(vendor.usage)
    expect(deltas).toEqual([{ kind: 'reasoning', text: 'hm, let me think' }, { kind: 'text', text: 'I look' }])
    const [request] = server.calls()
    expect(request!.url).toMatch(vendor.path)
    expect(vendor.keyOf(request!.headers)).toBe(`Bearer ${KEY}`)
    expect(request!.body).toContain('look around')
    expect(request!.body).toContain('runs a command')
  })

  it('what it wants back with the next turn goes back to it, and to nobody else', async () => {
    const { outcome, call, server } = await ask(vendor, [{ thought: 'hm, let me think', text: 'I look', call: CALL }, { text: 'all is there' }])
    if (!outcome.ok)
      throw new Error(outcome.message)
    const { text, toolCalls, continuation } = outcome
    const [made] = toolCalls
    const said: ModelMessage[] = [...ASKED, { role: 'assistant', content: text, toolCalls, continuation }, { role: 'tool', callId: made!.id, tool: 'shell', content: 'README.md' }]
    expect(await call(said)).toMatchObject({ ok: true, text: 'all is there', finish: 'stop' })
    expect(continuation !== undefined).toBe(vendor.signed !== null || vendor.name === 'OpenAI, Responses')
    const again = server.calls().at(-1)!.body
    expect(again).toContain('README.md')
    expect(vendor.signed?.(again) ?? true).toBe(true)
    const strange = continuation && { ...continuation, model: 'other/model' }
    await call(said.map(message => message.role === 'assistant' ? { ...message, continuation: strange } : message))
    expect(vendor.signed?.(server.calls().at(-1)!.body) ?? false).toBe(false)
  })

  it('the longest answer that may be asked for is asked for in its words', async () => {
    const { call, server } = await ask(vendor, [{ text: 'all is there' }])
    expect(await call(ASKED, { maxOutputTokens: 777 })).toMatchObject({ ok: true })
    const lengths = server.calls().map(({ body }) => vendor.longest(JSON.parse(body)))
    expect(lengths.at(-1)).toBe(777)
    expect(lengths[0]).not.toBe(777)
  })

  const half = vendor.answer({ text: 'half an answer' }).slice(0, -2)
  it.each<[string, Script, object]>([
    ['a wrong key', vendor.error(401, 'key'), { kind: 'auth', retryable: false }],
    ['too many calls', vendor.error(429, 'rate'), { kind: 'rate_limited', retryable: true, retryAfterMs: 2000 }],
    ['an outage', vendor.error(503, 'outage'), { kind: 'unavailable', retryable: true, message: expect.stringContaining('we are down') }],
    ['a conversation that is too long', vendor.error(400, 'long'), { kind: 'too_long', retryable: false }],
    ['a page instead of an answer', response => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome to the proxy</html>'), { retryable: true }],
    ['lines that are no JSON', stream(['data: {"half": \n\n']), { kind: 'malformed', retryable: true }],
    ['an answer that is cut', stream(half, 'cut'), { kind: 'unavailable', retryable: true }],
    ['an answer that ends in the middle', stream(half), { kind: 'unavailable', retryable: true }],
    ['silence in the middle of an answer', stream(half, 'silence'), { kind: 'unavailable', message: expect.stringContaining('sent nothing') }],
    ['an answer of nothing', stream(vendor.answer({})), { kind: 'empty', retryable: true, usage: vendor.usage }],
    ...vendor.streamError ? [['an error in the middle of an answer', stream([...half, ...vendor.streamError]), { kind: 'rate_limited', message: expect.stringContaining('slow down') }] satisfies [string, Script, object]] : [],
  ])('%s is a failure of its kind, never an answer, and its message has no key', async (_, script, expected) => {
    const { outcome } = await ask(vendor, [script])
    expect(outcome).toMatchObject({ ok: false, ...expected })
    expect(JSON.stringify(outcome)).not.toContain(KEY)
    expect(outcome.ok ? '' : outcome.message).toContain(vendor.model)
  })
})

it.each(['github/openai/gpt-5', 'github/openai/gpt-6.2-sol', 'github/openai/o3-mini'])('%s, which thinks, knows the longest answer by its newer word alone', async (model) => {
  const { call, server } = await ask(VENDORS.find(({ name }) => name === 'GitHub Models')!, [{ text: 'all is there' }])
  await call(ASKED, { model, maxOutputTokens: 777 })
  const { max_tokens: older, max_completion_tokens: newer } = JSON.parse(server.calls().at(-1)!.body)
  expect([older, newer]).toEqual([undefined, 777])
})
