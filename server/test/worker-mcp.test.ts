import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunEvent } from '../src/domain/event.ts'
import type { NetworkSettings } from '../src/worker/run-network.ts'
import type { Turn } from './worker/scripted-model.ts'
import { once } from 'node:events'
import { copyFile, mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { parseHostPattern } from '../src/domain/host-pattern.ts'
import { startToolsByHttp } from './mcp/http-server.ts'
import { openWorker } from './worker/open-worker.ts'

/** MCP servers in whole runs: by HTTP through the worker, and by stdio in a sandbox. */

const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type) as Extract<RunEvent, { type: T }>[]
const call = (tool: string, input: object = {}): Turn => ({ call: [{ tool, input }] })
const toldIn = (events: RunEvent[]) => of(events, 'tool.finished').map(({ data }) => data.result)

/** The settings that let an MCP server be on this machine. */
const here = (port: number): Partial<NetworkSettings> => ({ mcpPrivateHosts: [parseHostPattern(`127.0.0.1:${port}`)!] })
const manifestFor = (url: string, more = '', server = '') => `model: openai/scripted\ntools: []\nmcp:\n  tools: { url: "${url}"${server} }\napprovals: { mcp: auto }\n${more}`

it.each(['stream', 'json', 'older'] as const)('a server by HTTP (%s) is listed and called by the worker, with headers whose secrets nobody else sees', async (way) => {
  const server = await startToolsByHttp({ way })
  const worker = await openWorker({ network: here(server.port), turns: [call('tools__add', { a: 20, b: 22 }), call('tools__refuse'), call('tools__long', { characters: 60_000 }), call('tools__picture'), { say: 'done' }] })
  await worker.vault.set(worker.actor, 'SEARCH_KEY', 'canary-of-the-search-key')
  // eslint-disable-next-line no-template-curly-in-string -- the manifest's own notation
  const { id } = await worker.run(manifestFor(server.url, 'secrets: [SEARCH_KEY]', ', headers: { Authorization: "Bearer ${secrets.SEARCH_KEY}" }'))
  const events = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded' })
  expect(of(events, 'mcp.listed')).toMatchObject([{ data: { server: 'tools', by: 'http', about: 'of the tests 1.2.3', tools: expect.arrayContaining(['tools__add']) } }])
  const told = toldIn(events)
  expect(told[0]).toBe('the sum is 42')
  expect(told[1]).toBe('I will not')
  expect(told[2]).toContain('the whole is kept as step-3-tools__long-call-0.txt')
  expect(told[3]).toContain('[file 1 is kept as step-4-tools__picture-call-0.1.bin, for people]')
  expect(of(events, 'artifact.saved').map(({ data }) => data.sizeBytes)).toEqual([60_011, 20])
  expect(server.called).toEqual(['add'])
  expect(server.seen.every(({ headers }) => headers.authorization === 'Bearer canary-of-the-search-key')).toBe(true)
  expect(JSON.stringify(events)).not.toContain('canary-of-the-search-key')
  expect(JSON.stringify(worker.scripted.requests)).not.toContain('canary-of-the-search-key')
  expect(of(events, 'tool.started')[0]!.data).toMatchObject({ tool: 'tools__add', command: 'tools__add {"a":20,"b":22}' })
  expect(of(events, 'network.allowed').length).toBeGreaterThan(3)
})

it('a server that has forgotten its session is spoken to anew, once', async () => {
  const server = await startToolsByHttp()
  let turn = 0
  const forget: Turn = () => {
    turn++
    server.forgetSessions()
    return call('tools__add', { a: turn, b: 0 })
  }
  const worker = await openWorker({ network: here(server.port), turns: [forget, call('tools__add', { a: 7, b: 0 }), forget, call('tools__add', { a: 8, b: 0 }), { say: 'done' }] })
  const events = await worker.ended((await worker.run(manifestFor(server.url))).id)
  expect(toldIn(events)).toEqual([expect.stringContaining('status 404'), 'the sum is 7', expect.stringContaining('status 404'), expect.stringContaining('the MCP server "tools" did not do it')])
})

it.each([
  ['that the settings do not name', {}, 'AGENTOS_MCP_PRIVATE_HOSTS'],
  ['at another port', { mcpPrivateHosts: [parseHostPattern('127.0.0.1:1')!] }, 'never reachable'],
  ['that is AgentOS itself', 'api', 'AgentOS itself'],
])('a server on this machine %s is not reached, and the run fails', async (_, network, words) => {
  const server = await startToolsByHttp()
  const worker = await openWorker({ network: network === 'api' ? { ...here(server.port), apiPort: () => server.port } : network as Partial<NetworkSettings>, turns: [{ say: 'never asked' }] })
  const { id } = await worker.run(manifestFor(server.url))
  const events = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'failed', reason: 'error' })
  expect(of(events, 'run.ended')[0]!.data.detail).toMatch(/^The MCP server "tools" cannot be used: /)
  expect(JSON.stringify(of(events, 'network.denied')) + of(events, 'run.ended')[0]!.data.detail).toMatch(words)
  expect(server.seen).toEqual([])
  expect(worker.scripted.requests).toEqual([])
})

/** Answers a handshake, and then as it likes. */
async function serveOddly(onCall: (response: ServerResponse, id: number) => void): Promise<{ port: number, url: string }> {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request)
      text += String(piece)
    const { id, method } = text === '' ? {} as { id?: number, method?: string } : JSON.parse(text) as { id?: number, method?: string }
    const json = (result: unknown) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    if (id === undefined)
      response.writeHead(202).end()
    else if (method === 'initialize')
      json({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'odd' } })
    else if (method === 'tools/list')
      json({ tools: [{ name: 'go', description: '', inputSchema: { type: 'object' } }] })
    else
      onCall(response, id)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // it listens on TCP
  return { port, url: `http://127.0.0.1:${port}/mcp` }
}

const events = { 'content-type': 'text/event-stream' }

it.each<[string, (response: ServerResponse, id: number) => void, RegExp, string?]>([
  ['never answers', (response: ServerResponse) => void response.writeHead(200, events).write(': nothing\n\n'), /did not answer within 1 s/, '1s'],
  ['pours events', (response: ServerResponse) => {
    response.writeHead(200, events)
    const pour = (): void => {
      while (!response.destroyed && response.write(`data: {"jsonrpc":"2.0","method":"x","params":"${'y'.repeat(10_000)}"}\n\n`));
      response.once('drain', pour)
    }
    pour()
  }, /it sent more than 8 MiB of events/],
  ['answers with what is no JSON', (response: ServerResponse) => void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'), /what is no JSON/],
  ['cuts its answer', (response: ServerResponse) => {
    response.writeHead(200, events).write('data: {"jsonrpc"')
    setTimeout(() => response.destroy(), 50)
  }, /the MCP server "tools" did not do it/],
  ['sends its caller elsewhere', (response: ServerResponse) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(), /a redirect, which is not followed/],
  ['answers another call', (response: ServerResponse) => void response.writeHead(200, events).end('data: {"jsonrpc":"2.0","id":999,"result":{}}\n\n'), /without an answer to the call/],
])('a server by HTTP that %s is told to the model, and the run goes on', async (_, onCall, words, timeout = '1m') => {
  const { port, url } = await serveOddly(onCall)
  const worker = await openWorker({ network: here(port), turns: [call('tools__go'), { say: 'I go on' }] })
  const { id } = await worker.run(manifestFor(url, '', `, timeout: ${timeout}`))
  const all = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded' })
  expect(toldIn(all)[0]).toMatch(words)
  expect(of(all, 'tool.finished')[0]!.data.status).toBe('failed')
})

it('a server that wants messages for itself sent to somebody else is left alone', async () => {
  const server = createServer((request, response) => {
    if (request.method === 'GET')
      response.writeHead(200, events).write('event: endpoint\ndata: http://169.254.169.254/take\n\n')
    else
      response.writeHead(405).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // it listens on TCP
  const worker = await openWorker({ network: here(port), turns: [{ say: 'never asked' }] })
  const { id } = await worker.run(manifestFor(`http://127.0.0.1:${port}/`))
  expect(of(await worker.ended(id), 'run.ended')[0]!.data.detail).toContain('it wants its messages sent to another server')
})

it.each([
  ['deny', 'tools__add'],
  ['ask', 'tools__add'],
  ['ask', 'plain__good'],
])('with approvals.mcp: %s the tool %s is not called without a word', async (rule, tool) => {
  const server = await startToolsByHttp()
  const worker = await openWorker({ network: here(server.port), turns: [call(tool, tool === 'tools__add' ? { a: 1, b: 1 } : {}), { say: 'done' }] })
  const folder = await plainFolder(worker.root)
  const source = `model: openai/scripted\ntools: []\nprograms: [node]\nmcp:\n  tools: { url: "${server.url}" }\n  plain: { program: node, args: [plain-server.mjs, calls] }`
  const { id } = await worker.run(`${source}\napprovals: { mcp: ${rule} }`, { workspace: folder })
  if (rule === 'deny')
    expect(of(await worker.ended(id), 'tool.finished')[0]!.data).toMatchObject({ status: 'denied', result: expect.stringContaining('approvals.mcp') })
  else
    await expect.poll(() => worker.view(id), { timeout: 20_000 }).toMatchObject({ status: 'waiting', waitingFor: { kind: 'approval', tool } })
  expect(server.called).toEqual([])
})

async function plainFolder(root: string): Promise<string> {
  const folder = join(root, 'plain')
  await mkdir(folder)
  await copyFile(fileURLToPath(new URL('./mcp/plain-server.mjs', import.meta.url)), join(folder, 'plain-server.mjs'))
  return folder
}

it('the prototype\'s mcp.servers run: a command line by stdio in a sandbox', async () => {
  const worker = await openWorker({ turns: [call('plain__add', { a: 1, b: 2 }), { say: 'done' }] })
  const { id } = await worker.run('model_provider: openai\nmodel_version: scripted\nprograms: [node]\nmcp: { servers: [{ name: plain, kind: stdio, command: "node plain-server.mjs well" }] }\napprovals: { mcp: auto }', { workspace: await plainFolder(worker.root) })
  const all = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded' })
  expect(toldIn(all)).toEqual(['the sum is 3'])
})

it.each([
  ['tell', 'Nobody knows whether this was done'],
  ['retry', 'the sum is 3'],
] as const)('a call that was lost with its executor is settled by effects: %s, and the tools are the same afterwards', async (policy, words) => {
  const server = await startToolsByHttp()
  const worker = await openWorker({ network: here(server.port), turns: [
    call('tools__wait'),
    call('tools__add', { a: 1, b: 2 }),
    { say: 'done' },
  ] })
  const { id } = await worker.run(manifestFor(server.url, `effects: ${policy}`, ', timeout: 2s'))
  await expect.poll(() => server.called.at(-1), { timeout: 20_000 }).toBe('wait')
  process.kill(worker.hosts[0]!.pid!, 'SIGKILL')
  const all = await worker.ended(id)
  expect(toldIn(all).join('\n')).toContain(words)
  expect(server.called.filter(tool => tool === 'wait')).toHaveLength(policy === 'tell' ? 1 : 2)
  const lists = of(all, 'mcp.listed').map(({ data }) => data.tools)
  expect(lists).toHaveLength(2)
  expect(lists[1]).toEqual(lists[0])
})

it('with nothing said, a run whose MCP server is elsewhere waits for a person', async () => {
  const server = await startToolsByHttp()
  const worker = await openWorker({ network: here(server.port), turns: [call('tools__wait'), { say: 'done' }] })
  const { id } = await worker.run(manifestFor(server.url))
  await expect.poll(() => server.called.at(-1), { timeout: 20_000 }).toBe('wait')
  process.kill(worker.hosts[0]!.pid!, 'SIGKILL')
  await worker.eventsUntil(id, ({ type }) => type === 'run.parked')
  expect(await worker.view(id)).toMatchObject({ status: 'waiting', waitingFor: { kind: 'settlement', name: 'tools__wait', command: 'tools__wait {}' } })
  await worker.settle(id, 'done', 'it was done')
  const all = await worker.ended(id)
  expect(toldIn(all)).toEqual(['A person looked: this was done. it was done'])
  expect(server.called).toEqual(['wait'])
})
