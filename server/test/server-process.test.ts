import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { isFinal } from '../src/domain/run.ts'
import { processesOf, runServer, startServerProcess } from './process-harness.ts'
import { connect, script, temporaryFolder } from './server-harness.ts'

it('says where it is, the one-time link, the sandbox, the database and the agents, and leaves its address for the command line', async () => {
  const dataDir = await temporaryFolder()
  const server = await startServerProcess(dataDir)
  expect(server.stdout()).toMatch(/^AgentOS \d+\.\d+\.\d+ is ready in \d+\.\d s {2,}http:\/\/127\.0\.0\.1:\d+\nSign in with this one-time link: {2,}http:\/\/127\.0\.0\.1:\d+\/setup\?token=[\w-]{43}\nSandbox: .+ {2}Database: sqlite, .+agentos\.db {2,}Agents found: \d+\n$/)
  const file = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as object
  expect(file).toEqual({ url: server.url, pid: server.child.pid, startedAt: expect.any(String), version: expect.any(String) })
})

it('stops in order on SIGTERM: sockets are told to come back, the address is removed, nothing is left', async () => {
  const dataDir = await temporaryFolder()
  const server = await startServerProcess(dataDir)
  const client = connect(server)
  await client.runs.submit.mutate({ manifest: script('sleep 300') })
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`, { headers: { authorization: `Bearer ${server.credential}` } })
  await once(socket, 'open')
  const closed = once(socket, 'close')
  server.child.kill('SIGTERM')
  expect((await closed)[0]).toBe(1012)
  expect(await server.exited).toEqual([0, null])
  expect(server.stderr()).toBe('')
  expect(existsSync(join(dataDir, 'server.json'))).toBe(false)
  expect(await processesOf(dataDir)).toEqual([])
})

it('after kill -9 in the middle of a run, no process of it is left and it is not running for ever', async () => {
  const dataDir = await temporaryFolder()
  const first = await startServerProcess(dataDir)
  const mark = `300.${process.pid}${Date.now() % 100_000}`
  const run = await connect(first).runs.submit.mutate({ manifest: script(`(setsid sleep ${mark} &) ; echo started; sleep ${mark}`) })
  await new Promise<void>((resolve, reject) => {
    connect(first).events.follow.subscribe({ runId: run.id }, {
      onData: ({ data }) => data.some(event => event.type === 'step.output') && resolve(),
      onError: reject,
    })
  })
  first.child.kill('SIGKILL')
  await first.exited

  const second = await startServerProcess(dataDir)
  const client = connect(second)
  const events: string[] = []
  await new Promise<void>((resolve, reject) => {
    client.events.follow.subscribe({ runId: run.id }, {
      onData: ({ data }) => void events.push(...data.map(event => event.type)),
      onComplete: resolve,
      onError: reject,
    })
  })
  const now = await client.runs.get.query({ run: run.id })
  expect(isFinal(now.status)).toBe(true)
  expect(now.reason).toBe('interrupted')
  expect(events.filter(type => type === 'run.ended')).toHaveLength(1)
  expect(await processesOf(mark)).toEqual([])
})

it('says who holds the data folder to a second server', async () => {
  const dataDir = await temporaryFolder()
  const first = await startServerProcess(dataDir)
  const second = runServer(dataDir)
  expect(await second.exited).toEqual([1, null])
  expect(second.stderr().trim().split('\n')).toHaveLength(1)
  expect(second.stderr()).toContain(String(first.child.pid))
  expect((await fetch(`${first.url}/live`)).status).toBe(200)
  expect(existsSync(join(dataDir, 'server.json'))).toBe(true)
})

it('names the port that is in use and what to do, in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const server = runServer(await temporaryFolder(), { AGENTOS_PORT: String(port) })
  expect(await server.exited).toEqual([1, null])
  expect(server.stderr()).toBe(`port ${port} on 127.0.0.1 is in use: stop what listens there, or set AGENTOS_PORT to another port\n`)
})

it('names the variable that is wrong, in one line', async () => {
  const server = runServer(await temporaryFolder(), { AGENTOS_PORT: 'many' })
  expect(await server.exited).toEqual([1, null])
  expect(server.stderr()).toMatch(/^AGENTOS_PORT: expected .+, got "many"\n$/)
})
