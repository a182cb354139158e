/* eslint-disable no-template-curly-in-string -- the manifest's own notation */
import type { ServerProcess } from './process-harness.ts'
import type { ScriptedModel } from './worker/scripted-model.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { agentos, jsonLines } from './cli-harness.ts'
import { startToolsByHttp } from './mcp/http-server.ts'
import { runCommand, startServerProcess } from './process-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

/** A model by itself with the tools of MCP servers that are named on the command line. */

let folder: string
let model: ScriptedModel

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentos-chat-mcp-'))
  model = await startScriptedModel([{ say: 'Hello.' }])
})

afterAll(async () => {
  await model.stop()
  await rm(folder, { recursive: true, force: true })
})

async function openServer(port: number): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(folder, 'data-'))
  const server = await startServerProcess(dataDir, { isShared: true, env: { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: model.baseUrl, AGENTOS_MCP_PRIVATE_HOSTS: `127.0.0.1:${port}` } })
  onTestFinished(() => server.stop())
  return server
}

async function chat(server: ServerProcess, args: string[], message: string) {
  const spawned = runCommand(['chat', '-m', 'openai/scripted', '--unmetered', ...args], server.dataDir)
  spawned.child.stdin?.end(message)
  const [code] = await spawned.exited
  return { code, stdout: spawned.stdout(), stderr: spawned.stderr() }
}

it('a model by itself calls a tool of a server that is named by its address, once a person has given leave', { timeout: 240_000 }, async () => {
  const tools = await startToolsByHttp()
  const server = await openServer(tools.port)
  model.play([{ call: [{ tool: 'sums__add', input: { a: 20, b: 22 } }] }, { say: 'It is 42.' }])
  const asked = await chat(server, ['--mcp', `sums=${tools.url}`], 'What is 20 and 22?')
  expect(asked.stderr).toContain('It waits for leave')
  expect(tools.called).toEqual([])
  expect(model.requests[0]!.body.tools!.map(tool => tool.function.name)).toContain('sums__add')

  const [approval] = jsonLines(await agentos(['approve', '--json'], server))
  expect(approval).toMatchObject({ tool: 'sums__add' })
  await agentos(['approve', approval!.id], server)
  await expect.poll(() => tools.called, { timeout: 60_000 }).toEqual(['add'])
  await expect.poll(async () => (await agentos(['chat', '--export', (await agentos(['ps', '--json'], server)).stdout.match(/"id":"(\w+)"/)![1]!], server)).stdout, { timeout: 60_000 }).toContain('It is 42.')
})

it('servers may stand in a file, as a manifest or as other programs have them, with a secret in their headers', { timeout: 240_000 }, async () => {
  const tools = await startToolsByHttp()
  const server = await openServer(tools.port)
  const secret = runCommand(['secret', 'set', 'SUMS_KEY'], server.dataDir)
  secret.child.stdin?.end('canary-of-the-sums\n')
  await secret.exited
  const file = join(folder, 'servers.json')
  await writeFile(file, JSON.stringify({ mcpServers: { sums: { type: 'http', url: tools.url, headers: { Authorization: 'Bearer ${secrets.SUMS_KEY}' } } } }))
  model.play([{ say: 'Ready.' }])
  expect(await chat(server, ['--mcp', file], 'Are you ready?')).toMatchObject({ code: 0, stdout: 'Ready.\n' })
  expect(model.requests[0]!.body.tools!.map(tool => tool.function.name)).toContain('sums__add')
  expect(tools.seen.every(({ headers }) => headers.authorization === 'Bearer canary-of-the-sums')).toBe(true)
})
