import type { RunEvent } from '../domain/event.ts'
import type { RunRef } from '../store/run-append.ts'
import { readdir, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkDatabase } from '../../test/checker.ts'
import { checkPairs } from '../../test/worker/check-pairs.ts'
import { NO_BUDGETS } from '../../test/worker/no-budgets.ts'
import { NO_MODELS } from '../../test/worker/no-models.ts'
import { openWorker } from '../../test/worker/open-worker.ts'
import { createRedactor } from '../domain/redact/redactor.ts'
import { createGateway } from '../models/gateway.ts'
import { openModelAccess } from './open-model-access.ts'
import { createOrderedLog } from './ordered-log.ts'
import { watchSteps } from './watch-steps.ts'
import { createRequestWriter } from './write-request.ts'

let worker: Awaited<ReturnType<typeof openWorker>>
beforeAll(async () => {
  worker = await openWorker({ isShared: true })
})
afterAll(async () => {
  expect(await checkDatabase(worker.db)).toEqual([])
  await worker.stop()
})

const output = (events: RunEvent[]) => events.map(event => event.type === 'step.output' ? event.data.text : '').join('')
const dataOf = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type).map(({ data }) => data as Extract<RunEvent, { type: T }>['data'])
const CURL = `curl -sS "$OPENAI_BASE_URL/chat/completions" -H "authorization: Bearer $OPENAI_API_KEY" -H 'content-type: application/json'`
const BODY = '{"model":"scripted","messages":[{"role":"user","content":"hi"}],"stream":true}'

it('a script calls the model that its manifest names, and each call is in its log under the step that made it', async () => {
  worker.scripted.play([{ say: 'good day to you' }, { call: [{ tool: 'shell', input: { command: 'ls' } }] }, { status: 429, headers: { 'retry-after': '3' } }])
  const { id } = await worker.run(`runtime: script
isolation: process
model: openai/scripted
steps:
  - run: |
      ${CURL} -d '${BODY}'
  - run: |
      ${CURL} -d '${BODY}'; ${CURL} -i -d '${BODY}'; env`)
  const events = await worker.ended(id)
  expect(checkPairs(events)).toEqual([])
  expect(output(events)).toMatch(/"content":"good "[\s\S]*\[DONE\][\s\S]*HTTP\/1.1 429[\s\S]*retry-after: 3/i)
  expect(dataOf(events, 'model.requested')).toMatchObject([1, 2, 2].map(step => ({ step, model: 'openai/scripted', messages: 1, tools: [], asked: { added: expect.anything() } })))
  expect(dataOf(events, 'model.responded')).toMatchObject([
    { step: 1, text: 'good day to you', finish: 'stop', usage: { inputTokens: 11, outputTokens: 7, cachedTokens: 3 }, costUsd: 0.0000795 },
    { step: 2, finish: 'tool_calls', toolCalls: [{ id: 'call-0', tool: 'shell', input: { command: 'ls' } }] },
    { step: 2, finish: 'error', error: 'openai/scripted answered 429: scripted 429', costUsd: null },
  ])
  expect(dataOf(events, 'model.delta').filter(({ step }) => step === 1).map(({ text }) => text).join('')).toBe('good day to you')
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', tokens: 36, costUsd: expect.closeTo(0.000159, 12) })
  // Its own token stands in what it prints; the key does not.
  expect(output(events)).toContain('OPENAI_API_KEY=agentos-run-')
  expect(JSON.stringify(events)).not.toContain('sk-canary')
  expect(output(events)).not.toMatch(/ANTHROPIC_|GEMINI_/)
})

it('a secret of the run that a program tells a model reaches neither the provider nor, when the model repeats it, the log', async () => {
  const secret = 'ghp_canary-0815-4711'
  await worker.vault.set(worker.actor, 'TOKEN', secret)
  worker.scripted.play([{ say: `you said ${secret} ` }, { call: [{ tool: 'push', input: { token: secret } }] }])
  const { id } = await worker.run(`runtime: script
isolation: process
model: openai/scripted
secrets: [TOKEN]
steps:
  - run: |
      body='{"model":"scripted","stream":true,"messages":[{"role":"user","content":"'$TOKEN'"}]}'
      ${CURL} -d "$body"; ${CURL} -d "$body"
    secrets: [TOKEN]`)
  const events = await worker.ended(id)
  expect(worker.scripted.requests.map(({ body }) => body.messages[0]!.content)).toEqual(['[secret TOKEN]', '[secret TOKEN]'])
  expect(dataOf(events, 'model.delta').map(({ text }) => text).join('')).toBe('you said [secret TOKEN] ')
  expect(dataOf(events, 'model.responded')).toMatchObject([{ text: 'you said [secret TOKEN] ' }, { toolCalls: [{ input: { token: '[secret TOKEN]' } }] }])
  expect(JSON.stringify(events)).not.toContain('canary')
})

it('a script whose manifest names no model has neither token nor address', async () => {
  const { id } = await worker.run('isolation: process\nsteps:\n  - run: env')
  expect(output(await worker.ended(id))).not.toMatch(/OPENAI|ANTHROPIC|GEMINI|agentos-run-/)
})

it('a run that ends while its program waits for a model has the call in its log, with how it ended', async () => {
  worker.scripted.play([{ silence: true }])
  const { id } = await worker.run(`runtime: script
isolation: process
model: openai/scripted
steps:
  - run: |
      ${CURL} -d '${BODY}' || sleep 100`)
  await worker.eventsUntil(id, ({ type }) => type === 'model.requested')
  await worker.stopRun(id)
  const events = await worker.ended(id)
  expect(checkPairs(events)).toEqual([])
  expect(dataOf(events, 'model.responded')).toMatchObject([{ finish: 'other', error: 'The run ended before the answer was whole.' }])
  expect(await worker.view(id)).toMatchObject({ status: 'cancelled' })
})

it('in a sandbox it is a socket in the run\'s folder, for the run\'s user, that is gone with the run', async () => {
  worker.scripted.play([{ say: 'hello' }])
  const { id } = await worker.run(`runtime: script
isolation: sandbox
model: openai/scripted
steps:
  - run: echo "$OPENAI_BASE_URL $OPENAI_API_KEY"; sleep 100`)
  // Output comes in pieces, wherever it is cut.
  const shown = output(await worker.eventsUntil(id, event => event.type === 'step.output' && event.data.text.includes('\n')))
  const [, token] = /^http:\/\/127\.0\.0\.1:4101\/v1 (\S+)/.exec(shown)!
  const folder = join(worker.workspacesPath, id)
  const socketPath = join(folder, 'models.sock')
  const found = await stat(socketPath)
  expect(found.isSocket()).toBe(true)
  expect(found.mode & 0o777).toBe(0o660)
  if (process.getuid!() === 0)
    expect(found.uid).toBe(65534)
  expect((await readdir(folder)).sort()).toEqual(['home', 'models.sock', 'spool', 'workspace'])
  expect(await post(socketPath, token!)).toMatchObject({ status: 200 })
  await worker.stopRun(id)
  const events = await worker.ended(id)
  expect(dataOf(events, 'model.responded')).toMatchObject([{ step: 1, text: 'hello' }])
  await expect(post(socketPath, token!)).rejects.toThrow()
})

it('a folder whose name is too long for a socket gets one among the temporary folders, which goes with it', async () => {
  const log = watchSteps(createOrderedLog(async () => {}, () => {}), 1)
  const access = await openModelAccess({
    spending: NO_BUDGETS,
    gateway: createGateway({ ...NO_MODELS, claude: { apiKey: 'sk-canary-claude', baseUrl: null } }),
    manifest: { runtime: 'script', model: ['claude/*', 'openai/gpt-5'], network: 'none' },
    runId: 'run-1',
    level: 'sandbox',
    place: { path: join(worker.workspacesPath, 'x'.repeat(100)), runUser: null },
    log,
    redactor: createRedactor([]),
    requests: createRequestWriter({ ref: { runId: 'run-1', fence: 1, attempt: 1 } as RunRef, artifacts: worker.artifacts }),
    signal: new AbortController().signal,
  })
  const { socketPath } = access.loopback[0]!
  expect(Buffer.byteLength(socketPath)).toBeLessThan(108)
  expect((await stat(socketPath)).isSocket()).toBe(true)
  expect((await stat(dirname(socketPath))).mode & 0o777).toBe(0o711)
  expect(access.env).toEqual({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:4101', ANTHROPIC_API_KEY: expect.stringMatching(/^agentos-run-/) })
  await access.close()
  await expect(stat(dirname(socketPath))).rejects.toThrow('ENOENT')
})

function post(socketPath: string, token: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/v1/chat/completions', method: 'POST', headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode! }))
    }).on('error', reject).end(BODY)
  })
}
