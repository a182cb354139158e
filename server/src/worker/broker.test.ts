import type { ScriptedModel, Turn } from '../../test/worker/scripted-model.ts'
import type { NewEvent } from '../domain/event.ts'
import { afterEach, expect, it } from 'vitest'
import { startScriptedModel } from '../../test/worker/scripted-model.ts'
import { event } from '../domain/event.ts'
import { createGateway } from '../models/gateway.ts'
import { createBroker } from './broker.ts'
import { createOrderedLog } from './ordered-log.ts'

const NOTHING = { openai: { apiKey: null, baseUrl: null }, github: { apiKey: null }, ollama: { url: 'http://127.0.0.1:1' } }
const AT = new Date().toISOString()

let scripted: ScriptedModel | undefined
afterEach(async () => {
  await scripted?.stop()
  scripted = undefined
})

async function open(turns: Turn[] = [{ say: 'hello there' }], model = ['openai/scripted']) {
  scripted = await startScriptedModel(turns)
  const written: NewEvent[] = []
  const violations: string[] = []
  const stop = new AbortController()
  const log = createOrderedLog(async events => void written.push(...events), () => {})
  const broker = createBroker({
    log,
    manifest: { commands: { deny: ['sudo'], ask: [], allow: [] }, model },
    gateway: createGateway({ ...NOTHING, openai: { apiKey: 'sk-x', baseUrl: scripted.baseUrl } }),
    signal: stop.signal,
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
