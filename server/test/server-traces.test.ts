import type { Client } from './server-harness.ts'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { isFinal } from '../src/domain/run.ts'
import { spanIdOf, traceIdOf } from '../src/traces/span.ts'
import { startReceiver } from './otlp-receiver.ts'
import { COMMAND_LINE, runServer, startServerProcess } from './process-harness.ts'
import { connect, script, startServer, temporaryFolder } from './server-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

const SECRETIVE = 'the-prompt-nobody-else-reads'

async function ended(client: Client, id: string) {
  await expect.poll(async () => isFinal((await client.runs.get.query({ run: id })).status), { timeout: 30_000 }).toBe(true)
  return client.runs.get.query({ run: id })
}

async function pricesFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'prices.yaml')
  await writeFile(path, 'version: test\nmodels:\n  openai/scripted: { input: 10, output: 100 }\n')
  return path
}

it('a run is one trace by the GenAI conventions: the run, its attempt, its steps, chats and tool calls, and nothing of what was said', async () => {
  const receiver = await startReceiver()
  const model = await startScriptedModel([{ say: `${SECRETIVE} let me look`, call: [{ tool: 'shell', input: { command: `echo ${SECRETIVE}` } }] }, { say: SECRETIVE }])
  const server = await startServer({
    OPENAI_API_KEY: 'sk-x',
    OPENAI_BASE_URL: model.baseUrl,
    AGENTOS_PRICES: await pricesFile(),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-team=agents',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  })
  const client = connect(server)
  const { id } = await client.runs.submit.mutate({ manifest: { source: 'name: asker\nmodel: openai/scripted\ninstructions: be brief\n' }, task: SECRETIVE })
  expect(await ended(client, id)).toMatchObject({ status: 'succeeded' })
  await expect.poll(() => receiver.spans.some(span => span.parentSpanId === ''), { timeout: 10_000 }).toBe(true)

  const { spans } = receiver
  expect(new Set(spans.map(span => span.traceId))).toEqual(new Set([traceIdOf(id)]))
  const [root] = spans.filter(span => span.parentSpanId === '')
  expect(root).toMatchObject({
    name: 'invoke_agent asker',
    spanId: spanIdOf(id, 'run'),
    resource: { 'service.name': 'agentos', 'deployment.environment.name': 'test', 'service.version': expect.any(String) },
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'asker',
      'agentos.run.id': id,
      'agentos.run.status': 'succeeded',
      'agentos.run.tokens': 36,
    },
  })
  const named = (name: RegExp) => spans.filter(span => name.test(span.name))
  const [attempt] = named(/^attempt 1$/)
  expect(attempt).toMatchObject({ parentSpanId: root!.spanId, attributes: { 'agentos.attempt.outcome': 'ended' }, statusCode: 0 })
  const steps = named(/^step /)
  expect(steps.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([['step 1', attempt!.spanId], ['step 2', attempt!.spanId]])
  const chats = named(/^chat /)
  expect(chats).toMatchObject([
    { name: 'chat scripted', kind: 3, parentSpanId: steps[0]!.spanId, attributes: { 'gen_ai.response.finish_reasons': ['tool_calls'] } },
    { name: 'chat scripted', kind: 3, parentSpanId: steps[1]!.spanId, attributes: { 'gen_ai.response.finish_reasons': ['stop'] } },
  ])
  expect(chats[0]!.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'scripted',
    'gen_ai.usage.input_tokens': 11,
    'gen_ai.usage.output_tokens': 7,
    'gen_ai.usage.cache_read.input_tokens': 3,
    'agentos.cost_usd': expect.closeTo((11 * 10 + 7 * 100) / 1e6, 6),
  })
  expect(named(/^execute_tool /)).toMatchObject([{ name: 'execute_tool shell', parentSpanId: steps[0]!.spanId, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'shell' } }])
  expect(spans.every(span => span.startMs >= root!.startMs && span.endMs <= root!.endMs && span.startMs <= span.endMs)).toBe(true)
  expect(receiver.headers[0]).toMatchObject({ 'path': '/v1/traces', 'content-type': 'application/x-protobuf', 'authorization': 'Bearer abc', 'x-team': 'agents' })
  expect(receiver.raw()).not.toContain(SECRETIVE)
})

it('attempts of different processes are spans of one trace, the one that was lost with them', async () => {
  const receiver = await startReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_SERVICE_NAME: 'house' }
  const dataDir = await temporaryFolder()
  const first = await startServerProcess(dataDir, { env })
  const { id } = await connect(first).runs.submit.mutate({ manifest: script('test -e ../once && exit 3; touch ../once; sleep 300') })
  await expect.poll(async () => (await connect(first).events.list.query({ runId: id })).some(event => event.type === 'step.started'), { timeout: 20_000 }).toBe(true)
  first.child.kill('SIGKILL')
  await first.exited
  const second = await startServerProcess(dataDir, { env })
  await connect(second).runs.stop.mutate({ run: id }).catch(() => {}) // it may have ended by itself
  await ended(connect(second), id)
  await second.stop()
  const attempts = receiver.spans.filter(span => span.name.startsWith('attempt '))
  expect(new Set(receiver.spans.map(span => span.traceId))).toEqual(new Set([traceIdOf(id)]))
  expect(attempts.map(span => [span.name, span.attributes['agentos.attempt.outcome']])).toEqual([['attempt 1', 'lost'], ['attempt 2', 'ended']].slice(0, attempts.length))
  expect(attempts[0]).toMatchObject({ spanId: spanIdOf(id, 'attempt', 1), parentSpanId: spanIdOf(id, 'run'), statusCode: 2, resource: { 'service.name': 'house' } })
  expect(receiver.spans.filter(span => span.attributes['error.type'] === 'unfinished')).toHaveLength(1)
  expect(receiver.spans.filter(span => span.parentSpanId === '')).toHaveLength(1)
})

it('a run that was cancelled before it ran is a trace of its own, and a part of all traces is sent when that is asked for', async () => {
  const receiver = await startReceiver()
  const server = await startServer({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/custom`, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5', AGENTOS_MAX_AGENTS: '1' })
  const client = connect(server)
  const blocker = await client.runs.submit.mutate({ manifest: script('sleep 300') })
  const ids: string[] = []
  for (let i = 0; i < 24; i++)
    ids.push((await client.runs.submit.mutate({ manifest: script('echo never') })).id)
  for (const id of ids)
    await client.runs.stop.mutate({ run: id })
  await client.runs.stop.mutate({ run: blocker.id })
  await ended(client, blocker.id)
  await server.stop()
  const sent = new Set(receiver.spans.map(span => span.traceId))
  expect(sent.size).toBeGreaterThan(0)
  expect(sent.size).toBeLessThan(25)
  expect(receiver.spans.filter(span => span.name.startsWith('invoke_agent test-') && span.attributes['agentos.run.status'] === 'cancelled').length).toBeGreaterThan(0)
  expect(receiver.headers.every(({ path }) => path === '/custom')).toBe(true)
})

it.each([
  ['that refuses the connection', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise(resolve => server.close(resolve))
    return `http://127.0.0.1:${port}`
  }],
  ['that takes the request and never answers', async () => (await startReceiver(null)).endpoint],
  ['that answers 500', async () => (await startReceiver(500)).endpoint],
])('a collector %s costs traces and nothing else', async (_, start) => {
  const endpoint = await start()
  const server = await startServerProcess(await temporaryFolder(), { env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '1000', AGENTOS_LOG_LEVEL: 'warn' } })
  const client = connect(server)
  for (let i = 0; i < 3; i++) {
    const { id } = await client.runs.submit.mutate({ manifest: script('echo done') })
    expect(await ended(client, id)).toMatchObject({ status: 'succeeded' })
  }
  await expect.poll(() => server.stderr().match(/traces could not be sent/g)?.length, { timeout: 20_000 }).toBe(1)
  const startedAt = performance.now()
  server.child.kill('SIGTERM')
  expect(await server.exited).toEqual([0, null])
  expect(performance.now() - startedAt).toBeLessThan(15_000)
})

it('with no address nothing of it is loaded; what is wrong stops the start', async () => {
  const dataDir = await temporaryFolder()
  const coverage = await temporaryFolder()
  const server = await startServerProcess(dataDir, { env: { NODE_V8_COVERAGE: coverage, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' } })
  const client = connect(server)
  await ended(client, (await client.runs.submit.mutate({ manifest: script('echo done') })).id)
  await server.stop()
  const loaded = await loadedPieces(coverage)
  expect(loaded).toEqual(expect.arrayContaining([expect.stringMatching(/^app-/)]))
  const ofExporter = await piecesWith('OTLPTraceExporter')
  expect(ofExporter).toHaveLength(1)
  expect(loaded.filter(name => ofExporter.includes(name))).toEqual([])

  const wrong = runServer(await temporaryFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
  onTestFinished(() => void wrong.child.kill())
  expect(await wrong.exited).toEqual([1, null])
  expect(wrong.stderr()).toMatch(/^OTEL_EXPORTER_OTLP_ENDPOINT: expected the http:\/\/ or https:\/\/ address of a collector.+\n$/)
})

/** Of the program's bundle, by their names. */
async function loadedPieces(folder: string): Promise<string[]> {
  const files = await readdir(folder)
  const reports = await Promise.all(files.map(async file => JSON.parse(await readFile(join(folder, file), 'utf8')) as { result: { url: string }[] }))
  return reports.flatMap(({ result }) => result.map(({ url }) => basename(url)))
}

async function piecesWith(word: string): Promise<string[]> {
  const folder = dirname(COMMAND_LINE)
  const names = JSON.parse(await readFile(join(folder, 'pieces.json'), 'utf8')) as string[]
  const texts = await Promise.all(names.map(async name => ({ name, text: await readFile(join(folder, name), 'utf8') })))
  return texts.filter(({ text }) => text.includes(word)).map(({ name }) => name)
}
