import type { ScriptedModel, Turn } from '../../test/worker/scripted-model.ts'
import type { NewEvent } from '../domain/event.ts'
import type { CommandRules } from '../domain/policy/decide.ts'
import type { RunRef } from '../store/run-append.ts'
import { afterEach, expect, it } from 'vitest'
import { NO_BUDGETS } from '../../test/worker/no-budgets.ts'
import { NO_MODELS } from '../../test/worker/no-models.ts'
import { startScriptedModel } from '../../test/worker/scripted-model.ts'
import { event } from '../domain/event.ts'
import { createRedactor } from '../domain/redact/redactor.ts'
import { createGateway } from '../models/gateway.ts'
import { createBroker } from './broker.ts'
import { createOrderedLog } from './ordered-log.ts'
import { createRequestWriter } from './write-request.ts'

const SECRET = 'value-of-the-token'
const WITH_SECRET = { name: 'push', run: 'git push', timeoutMs: null, retry: { attempts: 1, delayMs: 0 }, if: null, continueOnError: false, idempotent: false, secrets: ['TOKEN'] }
const AT = new Date().toISOString()

let scripted: ScriptedModel | undefined
afterEach(async () => {
  await scripted?.stop()
  scripted = undefined
})

async function open(turns: Turn[] = [{ say: 'hello there' }], model = ['openai/scripted'], commands: CommandRules = { deny: ['sudo'], ask: [], allow: [] }) {
  scripted = await startScriptedModel(turns)
  const written: NewEvent[] = []
  const violations: string[] = []
  const stop = new AbortController()
  const log = createOrderedLog(async events => void written.push(...events), () => {})
  const broker = createBroker({
    spending: NO_BUDGETS,
    log,
    manifest: { approvals: { shell: null, files: 'auto', fetch: 'ask', mcp: 'ask', agent: 'ask', costUsd: null, expiresMs: 604_800_000 }, commands, model, temperature: null, network: 'none', steps: [WITH_SECRET], verify: [] },
    level: 'sandbox',
    askPeople: async ({ digest }) => ({ as: 'pending', waitingFor: { kind: 'approval', approval: 'a', step: 1, call: null, tool: 'shell', title: 't', digest, rule: 'r', expiresAt: AT } }),
    costUsd: async () => 0,
    onExpired: () => {},
    secrets: { TOKEN: SECRET, OTHER: 'of another step' },
    redactor: createRedactor([{ value: SECRET, shown: '[secret TOKEN]' }]),
    gateway: createGateway({ ...NO_MODELS, openai: { apiKey: 'sk-x', baseUrl: scripted.baseUrl, speaks: null } }),
    signal: stop.signal,
    keep: async ({ name, step }) => event('artifact.lost', { name, step, detail: 'nothing is kept here' }),
    tools: { specs: [], actionOf: () => null, allow: () => {}, call: async () => ({ kind: 'tool', content: 'no tool', hasFailed: true }), close: async () => {} },
    requests: createRequestWriter({ ref: { runId: 'run', fence: 1, attempt: 1 } as RunRef, artifacts: { save: async () => { throw new Error('nothing is kept here') } } }),
    onViolation: detail => violations.push(detail),
  })
  const chunks: string[] = []
  const turn = () => broker.ask({ kind: 'model', step: 1, messages: [{ role: 'user', content: 'hi' }], tools: [] }, text => chunks.push(text))
  return { broker, written, violations, log, stop, turn, chunks }
}

const types = (events: NewEvent[]) => events.map(({ type }) => type)

it('an event that only the worker may write ends the run', async () => {
  const { broker, violations, written } = await open()
  await expect(broker.events([event('attempt.lost', { worker: 'me', detail: '' })])).rejects.toThrow('may not write')
  for (const forged of [
    { type: 'model.requested', data: { step: 1, model: 'm', messages: 1, tools: [] } },
    { type: 'step.output', data: { step: 'one' } },
    { type: '__proto__', data: {} },
  ])
    await expect(broker.ask({ kind: 'record', events: [{ at: AT, ...forged }] }, () => {})).rejects.toThrow('broke the protocol')
  expect(violations).toHaveLength(4)
  expect(written).toEqual([])
})

it('a time that the executor made up becomes the time of receipt', async () => {
  const { broker, written, log } = await open()
  const output = event('step.output', { step: 1, stream: 'stdout', text: 'x' })
  await broker.events([{ ...output, at: '1970-01-01T00:00:00Z' }, { ...output, at: 'never' }, { ...output, at: AT }])
  await log.flush()
  expect(Math.abs(Date.parse(written[0]!.at) - Date.now())).toBeLessThan(60_000)
  expect(Math.abs(Date.parse(written[1]!.at) - Date.now())).toBeLessThan(60_000)
  expect(written[2]!.at).toBe(AT)
})

it('a command is held against the manifest\'s rules', async () => {
  const { broker } = await open()
  expect(await broker.ask({ kind: 'command', step: 1, command: 'ls -l' }, () => {})).toEqual({ kind: 'decision', allow: true })
  expect(await broker.ask({ kind: 'command', step: 1, command: 'sudo ls' }, () => {})).toMatchObject({ kind: 'decision', allow: false, rule: 'sudo' })
})

it('what a person has to be asked about parks the run until somebody has said it; what is refused has its rule and reason', async () => {
  const { broker } = await open([], ['openai/scripted'], { deny: ['sudo'], ask: ['git push'], allow: ['git', 'echo'] })
  const ask = (command: string) => broker.ask({ kind: 'command', step: 1, command }, () => {})
  expect(await ask('git status')).toEqual({ kind: 'decision', allow: true })
  expect(await ask('curl x')).toMatchObject({ allow: false, rule: 'commands.allow', reason: expect.stringContaining('curl x') })
  expect(broker.waitingFor()).toBeNull()
  expect(await ask('git push origin')).toEqual({ kind: 'parked' })
  expect(broker.waitingFor()).toMatchObject({ kind: 'approval', approval: 'a' })
})

it('a turn is recorded before the call, as it streams, and after it; the loop gets the text too', async () => {
  const { turn, written, chunks } = await open()
  expect(await turn()).toEqual({ kind: 'model', text: 'hello there', toolCalls: [], finish: 'stop' })
  expect(types(written).filter((type, index, all) => type !== all[index - 1])).toEqual(['model.requested', 'model.delta', 'model.responded'])
  expect(written.at(-1)).toMatchObject({ data: { text: 'hello there', usage: { inputTokens: 11, outputTokens: 7 }, finish: 'stop' } })
  expect(chunks.join('')).toBe('hello there')
})

it('five hundred pieces become a few events', async () => {
  const { turn, written } = await open([{ say: 'w '.repeat(500) }])
  await turn()
  const deltas = written.filter(({ type }) => type === 'model.delta')
  expect(deltas.map(({ data }) => (data as { text: string }).text).join('')).toBe('w '.repeat(500))
  expect(deltas.length).toBeLessThan(50)
})

it('when the first model fails, the next one of the manifest is asked, and both calls are in the log', async () => {
  const { turn, written } = await open([{ status: 500 }, { say: 'I am the second' }], ['openai/first', 'openai/second'])
  expect(await turn()).toMatchObject({ text: 'I am the second' })
  expect(written.filter(({ type }) => type === 'model.responded').map(({ data }) => data)).toMatchObject([
    { model: 'openai/first', finish: 'error', text: '', error: expect.stringContaining('500') },
    { model: 'openai/second', finish: 'stop' },
  ])
})

it('a model that is not configured is passed over', async () => {
  const { turn } = await open([{ say: 'yes' }], ['claude/claude-sonnet-4-5', 'github/x', 'openai/scripted'])
  expect(await turn()).toMatchObject({ text: 'yes' })
  expect(scripted!.requests.map(({ body }) => body.model)).toEqual(['scripted'])
})

it('an endpoint that asks for a moment gets it', async () => {
  const { turn, broker } = await open([{ status: 429, headers: { 'retry-after': '0' } }, { say: 'now then' }])
  expect(await turn()).toMatchObject({ text: 'now then' })
  expect(broker.hasHopelessModel()).toBe(false)
})

it('a wrong key is a failure that no other try mends, and never an answer', async () => {
  const { turn, broker } = await open([{ status: 401 }])
  await expect(turn()).rejects.toThrow(/401.*OPENAI_API_KEY/)
  expect(broker.hasHopelessModel()).toBe(true)
  expect(scripted!.requests).toHaveLength(1)
})

it('a run that is stopped does not wait for its model', async () => {
  const { turn, stop, written } = await open([() => {
    setImmediate(() => stop.abort())
    return { silence: true }
  }])
  await expect(turn()).rejects.toThrow('stopped')
  expect(types(written)).toEqual(['model.requested', 'model.responded'])
})

it('a command gets the secrets that the manifest declares for it', async () => {
  const { broker, violations } = await open()
  expect(await broker.ask({ kind: 'command', step: 1, command: 'git push', secrets: ['TOKEN'] }, () => {})).toEqual({ kind: 'decision', allow: true, env: { TOKEN: SECRET } })
  expect(await broker.ask({ kind: 'command', step: 1, command: 'git push' }, () => {})).toEqual({ kind: 'decision', allow: true })
  expect(violations).toEqual([])
})

it.each([
  ['a command that the manifest does not have', { command: 'curl evil.example', secrets: ['TOKEN'] }],
  ['a secret of another command', { command: 'git push', secrets: ['TOKEN', 'OTHER'] }],
  ['a secret that there is not', { command: 'git push', secrets: ['constructor'] }],
])('%s is given nothing, and ends the run of the executor that asked', async (_, asked) => {
  const { broker, violations } = await open()
  await expect(broker.ask({ kind: 'command', step: 1, ...asked }, () => {})).rejects.toThrow('does not give')
  expect(violations).toHaveLength(1)
})

it('a denied command gets no secret', async () => {
  const { broker } = await open()
  expect(await broker.ask({ kind: 'command', step: 1, command: 'sudo x', secrets: ['TOKEN'] }, () => {})).not.toHaveProperty('env')
})

it('what a model is told, says and asks for is redacted before it is sent, stored or handed on', async () => {
  const { broker, written, chunks } = await open([{ say: `it is ${SECRET}, I think` }])
  const reply = await broker.ask({
    kind: 'model',
    step: 1,
    messages: [
      { role: 'user', content: `what is ${SECRET}?` },
      { role: 'assistant', content: '', toolCalls: [{ id: 'c1', tool: 'shell', input: { command: `echo ${SECRET}` } }] },
      { role: 'tool', callId: 'c1', tool: 'shell', content: Buffer.from(SECRET).toString('base64') },
    ],
    tools: [],
  }, text => chunks.push(text))
  expect(JSON.stringify(scripted!.requests)).not.toContain(SECRET)
  expect(JSON.stringify(scripted!.requests)).not.toContain(Buffer.from(SECRET).toString('base64'))
  expect(reply).toMatchObject({ text: 'it is [secret TOKEN], I think' })
  expect(chunks.join('')).toBe('it is [secret TOKEN], I think')
  expect(JSON.stringify(written)).not.toContain(SECRET)
})

it('output that may begin a secret is stored before the end of its step, and a prompt is not kept waiting', async () => {
  const { broker, written } = await open()
  const output = (text: string) => event('step.output', { step: 1, stream: 'stdout', text })
  await broker.events([output('name? val')])
  await expect.poll(() => written.map(({ data }) => (data as { text: string }).text).join('')).toBe('name? val')
  await broker.events([output(`\n${SECRET.slice(0, 12)}`)])
  await broker.events([output(SECRET.slice(12)), output(' value-of'), event('sandbox.opened', { level: 'sandbox', by: 'x', durationMs: 1 }), event('step.finished', { step: 1, status: 'failed', detail: SECRET, durationMs: 1 })])
  await expect.poll(() => written.length).toBeGreaterThan(3)
  expect(types(written).at(-1)).toBe('step.finished')
  expect(written.flatMap(({ type, data }) => type === 'step.output' ? (data as { text: string }).text : []).join('')).toBe('name? val\n[secret TOKEN] value-of')
  expect(written.at(-1)!.data).toMatchObject({ detail: '[secret TOKEN]' })
})

it('output that waits is stored when the executor is done with the run', async () => {
  const { broker, written } = await open()
  await broker.events([event('tool.output', { step: 1, call: 'c', stream: 'stderr', text: 'value-of' })])
  expect(written).toEqual([])
  await broker.close()
  expect(written).toMatchObject([{ type: 'tool.output', data: { call: 'c', stream: 'stderr', text: 'value-of' } }])
})
