import type { ServerProcess } from '../../server/test/process-harness.ts'
import type { ScriptedModel } from '../../server/test/worker/scripted-model.ts'
import type { AgentOS } from '../src/index.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, expectTypeOf, it } from 'vitest'
import { startServerProcess } from '../../server/test/process-harness.ts'
import { script } from '../../server/test/server-harness.ts'
import { startScriptedModel } from '../../server/test/worker/scripted-model.ts'
import { AgentOSError, createAgentOS } from '../src/index.ts'

let server: ServerProcess
let agentos: AgentOS
let model: ScriptedModel

beforeAll(async () => {
  model = await startScriptedModel([{ say: 'what the model says' }])
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-client-test-')), { isShared: true, env: { OPENAI_BASE_URL: model.baseUrl } })
  agentos = createAgentOS({ url: server.url, apiKey: server.credential })
})

afterAll(async () => {
  await agentos.close()
  await server.stop()
  await model.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

it('submits a run, follows it and has its result', async () => {
  const run = await agentos.runs.submit({ manifest: script('echo one; echo two'), task: 'count' })
  expect(run).toMatchObject({ status: 'queued', task: 'count' })
  const events = await all(agentos.runs.follow(run.id))
  expect(events.map(event => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.at(-1)).toMatchObject({ type: 'run.ended', data: { status: 'succeeded' } })
  const result = await agentos.runs.result(run.id)
  expect(result).toMatchObject({ text: 'one\ntwo\n', run: { id: run.id, status: 'succeeded', reason: 'completed' } })
  expectTypeOf(result.run.status).toEqualTypeOf<'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled'>()
})

it('the result of a command that asks a model is what the command writes', async () => {
  const call = `curl -sS "$OPENAI_BASE_URL/chat/completions" -H "authorization: Bearer $OPENAI_API_KEY" -d '{"model":"scripted","messages":[]}'`
  const run = await agentos.runs.submit({ manifest: script(`echo before; ${call} >answer; wc -l <answer | tr -d ' '`, 'runtime: script\nmodel: openai/scripted\ncost: unmetered\n') })
  const { text, run: ended } = await agentos.runs.result(run.id)
  expect(ended).toMatchObject({ status: 'succeeded', tokens: 18 })
  expect(text).toMatch(/^before\n\d+\n$/)
})

it('says of an agent in which folder it runs when none is named', async () => {
  const source = 'name: at-home\nworkspace: { from: .. }\nsteps:\n  - run: pwd\n'
  const { agent } = await agentos.agents.save({ source, path: '/srv/agents/at-home.yaml' })
  expect(agent.workspaceFrom).toBe('/srv')
  expect((await agentos.agents.save({ source: source.replace('..', '"{{task}}"') })).agent.workspaceFrom).toBe('{{task}}')
})

it('answers with the result of a run that failed, too', async () => {
  const run = await agentos.runs.submit({ manifest: script('echo before; exit 1') })
  expect(await agentos.runs.result(run.id)).toMatchObject({ text: 'before\n', run: { status: 'failed', reason: 'error' } })
})

it('follows from a cursor, an ended run to its end and no further', async () => {
  const run = await agentos.runs.submit({ manifest: script('echo hello') })
  const whole = await all(agentos.runs.follow(run.id))
  expect(await all(agentos.runs.follow(run.id, { after: 3 }))).toEqual(whole.slice(3))
  expect(await all(agentos.runs.follow(run.id, { after: whole.length }))).toEqual([])
  expect(await agentos.events.list({ runId: run.id })).toEqual(whole)
})

it('with the same key submits once, whatever happens in between', async () => {
  const request = { manifest: script('echo once'), idempotencyKey: `order ${server.child.pid}` }
  const [first, second] = await Promise.all([agentos.runs.submit(request), agentos.runs.submit(request)])
  expect(second.id).toBe(first.id)
  await agentos.runs.result(first.id)
  expect((await agentos.runs.submit(request)).id).toBe(first.id)
})

it('stops, retries and prunes runs', async () => {
  const run = await agentos.runs.submit({ manifest: script('sleep 300') })
  await agentos.runs.stop(run.id.slice(0, 8))
  expect((await agentos.runs.result(run.id)).run).toMatchObject({ status: 'cancelled' })
  const again = await agentos.runs.retry(run.id)
  expect(again.id).not.toBe(run.id)
  await agentos.runs.stop(again.id)
  await agentos.runs.result(again.id)
  expect(await agentos.runs.prune({ ids: [run.id, again.id] })).toEqual({ removed: expect.arrayContaining([run.id, again.id]), held: 0 })
})

it('ends the following when asked to, at any time; the run goes on', async () => {
  const run = await agentos.runs.submit({ manifest: script('echo begun; sleep 300') })
  const enough = new AbortController()
  const seen: string[] = []
  for await (const event of agentos.runs.follow(run.id, { signal: enough.signal })) {
    seen.push(event.type)
    if (event.type === 'step.output')
      enough.abort()
  }
  expect(seen.at(-1)).toBe('step.output')
  expect(await all(agentos.runs.follow(run.id, { signal: AbortSignal.abort() }))).toEqual([])
  await expect(agentos.runs.result(run.id, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'ABORTED' })
  expect((await agentos.runs.get(run.id)).status).toBe('running')
  await agentos.runs.stop(run.id)
})

it('says what is wrong with a manifest by line and key', async () => {
  const fault = agentos.runs.submit({ manifest: { source: 'name: x\nstep:\n  - run: echo\n', path: '/srv/x.yaml' } })
  await expect(fault).rejects.toBeInstanceOf(AgentOSError)
  await expect(fault).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    problems: expect.arrayContaining([expect.objectContaining({ file: '/srv/x.yaml', line: 2, key: 'step', hint: expect.stringContaining('steps') })]),
  })
})

it.each([
  ['a key that is wrong', () => ({ url: server.url, apiKey: 'wrong' }), 'UNAUTHORIZED'],
  ['a server that is away', () => ({ url: 'http://127.0.0.1:4', apiKey: 'any' }), 'UNREACHABLE'],
])('refuses at once with %s, following as well as calling', async (_, options, code) => {
  const other = createAgentOS(options())
  await expect(other.runs.list()).rejects.toMatchObject({ name: 'AgentOSError', code })
  await expect(other.runs.follow('abc').next()).rejects.toMatchObject({ name: 'AgentOSError', code })
  await expect(other.runs.result('abc')).rejects.toMatchObject({ name: 'AgentOSError', code })
  await other.close()
})

it('refuses a run that is not there and an address that is none', async () => {
  await expect(agentos.runs.follow('nobody').next()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(() => createAgentOS({ url: 'here', apiKey: 'any' })).toThrow('expected the address of a server')
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items)
    found.push(item)
  return found
}
