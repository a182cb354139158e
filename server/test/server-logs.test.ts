import type { ServerProcess } from './process-harness.ts'
import { once } from 'node:events'
import process from 'node:process'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createRedactor } from '../src/domain/redact/redactor.ts'
import { isFinal } from '../src/domain/run.ts'
import { forTerminal } from '../src/log-line.ts'
import { COMMAND_LINE, spawnProcess, startServerProcess } from './process-harness.ts'
import { connect, script, temporaryFolder } from './server-harness.ts'

interface Line { at: string, level: string, msg: string, runId?: string, requestId?: string, [name: string]: unknown }

const linesOf = (server: Pick<ServerProcess, 'stderr'>) => server.stderr().split('\n').filter(Boolean).map(line => JSON.parse(line) as Line)

it('in a pipe each line is JSON; one about a run names it, one about a request names that, and neither names the other', async () => {
  const server = await startServerProcess(await temporaryFolder(), { env: { AGENTOS_LOG_LEVEL: 'debug' } })
  const client = connect(server)
  const { id } = await client.runs.submit.mutate({ manifest: script('exit 3') })
  await expect.poll(async () => isFinal((await client.runs.get.query({ run: id })).status), { timeout: 30_000 }).toBe(true)
  await expect.poll(() => linesOf(server).filter(line => line.runId === id)).toMatchObject([
    { level: 'info', msg: 'a run has ended', attempt: 1, status: 'failed', reason: 'error', durationMs: expect.any(Number) },
  ])
  const lines = linesOf(server)
  expect(lines.filter(line => line.runId !== undefined && line.requestId !== undefined)).toEqual([])
  expect(lines.find(line => line.path === '/trpc/runs.submit')).toMatchObject({ level: 'debug', method: 'POST', status: 200, requestId: expect.stringMatching(/^[\w-]{36}$/) })
  expect(lines.every(({ at, level, msg }) => !Number.isNaN(Date.parse(at)) && level !== undefined && msg !== undefined)).toBe(true)
})

it('a request is called what its X-Request-Id says, within bounds, and its answer says so, at every door', async () => {
  const server = await startServerProcess(await temporaryFolder(), { env: { AGENTOS_LOG_LEVEL: 'debug' } })
  const named = async (path: string, id?: string) => (await fetch(server.url + path, id === undefined ? {} : { headers: { 'x-request-id': id } })).headers.get('x-request-id')
  for (const path of ['/health', '/metrics', '/trpc/system.me', '/api/nothing', '/sign-in'])
    expect(await named(path, 'from-the-proxy:1'), path).toBe('from-the-proxy:1')
  for (const wrong of ['x'.repeat(65), 'two words', 'a,b', '{"level":"fatal"}'])
    expect(await named('/live', wrong), wrong).toMatch(/^[\da-f-]{36}$/)
  expect(await named('/live')).not.toBe(await named('/live'))
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`, { headers: { 'authorization': `Bearer ${server.credential}`, 'x-request-id': 'of-a-socket' } })
  const [response] = await once(socket, 'upgrade') as [{ headers: Record<string, string> }]
  expect(response.headers['x-request-id']).toBe('of-a-socket')
  socket.terminate()
  await fetch(`${server.url}/setup?token=canary-of-a-link`)
  await expect.poll(() => linesOf(server).some(line => line.path === '/setup')).toBe(true)
  expect(linesOf(server).filter(line => line.requestId === 'from-the-proxy:1')).toHaveLength(5)
  expect(server.stderr()).not.toContain('canary-of-a-link')
})

it('keys of the server and secrets of runs stand in no line, whoever says them', async () => {
  const dataDir = await temporaryFolder()
  const key = 'sk-own-key-of-this-server-4711'
  const secret = 'the-secret-of-a-run-"quoted"-0815'
  const server = await startServerProcess(dataDir, { env: { AGENTOS_LOG_LEVEL: 'debug', OPENAI_API_KEY: key, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' } })
  const client = connect(server)
  await client.secrets.set.mutate({ name: 'TOKEN', value: secret })
  const { id } = await client.runs.submit.mutate({ manifest: { source: 'name: user-of-it\nisolation: process\neffects: tell\nsecrets: [TOKEN]\nsteps:\n  - name: work\n    run: echo hi\n    secrets: [TOKEN]\n' } })
  await expect.poll(async () => isFinal((await client.runs.get.query({ run: id })).status), { timeout: 30_000 }).toBe(true)
  // A path is logged as it came: here it says what should not be said.
  await fetch(`${server.url}/assets/${key}`)
  await fetch(`${server.url}/assets/${encodeURIComponent(secret)}`)
  await fetch(`${server.url}/assets/${server.credential}`)
  await expect.poll(() => linesOf(server).filter(line => String(line.path).startsWith('/assets/')).map(line => line.path)).toEqual(['/assets/[key]', '/assets/[secret TOKEN]', expect.stringMatching(/^\/assets\/agentos_\[key\]$/)])
  for (const value of [key, secret, encodeURIComponent(secret), server.credential])
    expect(server.stderr()).not.toContain(value)
})

it('AGENTOS_LOG_LEVEL says how much: warn has no line of a run that ended well', async () => {
  const server = await startServerProcess(await temporaryFolder(), { env: { AGENTOS_LOG_LEVEL: 'warn' } })
  const client = connect(server)
  const { id } = await client.runs.submit.mutate({ manifest: script('echo hi') })
  await expect.poll(async () => isFinal((await client.runs.get.query({ run: id })).status), { timeout: 30_000 }).toBe(true)
  expect(linesOf(server).every(({ level }) => level === 'warn')).toBe(true)
  // What is not as it should be is said once, when it starts.
  await expect.poll(() => linesOf(server).filter(line => line.check === 'models')).toHaveLength(1)
})

it('at a terminal a line is for a person', async () => {
  const dataDir = await temporaryFolder()
  const command = [process.execPath, COMMAND_LINE, 'serve'].map(word => `'${word}'`).join(' ')
  const terminal = spawnProcess('script', ['-qec', command, '/dev/null'], dataDir, { env: { TERM: 'xterm', NO_COLOR: '1', AGENTOS_LOG_LEVEL: 'info' } })
  await terminal.says(/\d\d:\d\d:\d\d warn {2}none; scripted agents run without one \(agentos doctor says what to do\) check=models/)
  terminal.child.stdin!.write('\x03')
  await terminal.exited
  expect(terminal.stdout()).not.toContain('{"level"')
})

it('a line for a person has its time, its words, what it is about and where it failed', () => {
  const line = JSON.stringify({ level: 'error', at: '2026-11-25T13:05:55.929Z', runId: 'abc', n: 3, err: { message: 'no', stack: 'Error: no\n    at here' }, msg: 'an attempt broke' })
  // eslint-disable-next-line no-control-regex -- colours are what is taken away
  expect(forTerminal(createRedactor([]).text(line)).replace(/\x1B\[\d+m/g, '')).toBe('13:05:55 error an attempt broke runId=abc n=3\nError: no\n    at here\n')
})
