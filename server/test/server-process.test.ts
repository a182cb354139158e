import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { isFinal } from '../src/domain/run.ts'
import { bareEnvironment, connect, script, temporaryFolder } from './server-harness.ts'

it('says where it is, the one-time link, the sandbox, the database and the agents, and leaves its address for the command line', async () => {
  const dataDir = await temporaryFolder()
  const server = await spawnServer(dataDir)
  expect(server.stdout()).toMatch(/^AgentOS \d+\.\d+\.\d+ is ready in \d+\.\d s {2,}http:\/\/127\.0\.0\.1:\d+\nSign in with this one-time link: {2,}http:\/\/127\.0\.0\.1:\d+\/setup\?token=[\w-]{43}\nSandbox: .+ {2}Database: sqlite, .+agentos\.db {2,}Agents found: \d+\n$/)
  const file = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as object
  expect(file).toEqual({ url: server.url, pid: server.child.pid, startedAt: expect.any(String), version: expect.any(String) })
})

it('stops in order on SIGTERM: sockets are told to come back, the address is removed, nothing is left', async () => {
  const dataDir = await temporaryFolder()
  const server = await spawnServer(dataDir)
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
  const first = await spawnServer(dataDir)
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

  const second = await spawnServer(dataDir)
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
  const first = await spawnServer(dataDir)
  const second = run(dataDir)
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
  const server = run(await temporaryFolder(), { AGENTOS_PORT: String(port) })
  expect(await server.exited).toEqual([1, null])
  expect(server.stderr()).toBe(`port ${port} on 127.0.0.1 is in use: stop what listens there, or set AGENTOS_PORT to another port\n`)
})

it('names the variable that is wrong, in one line', async () => {
  const server = run(await temporaryFolder(), { AGENTOS_PORT: 'many' })
  expect(await server.exited).toEqual([1, null])
  expect(server.stderr()).toMatch(/^AGENTOS_PORT: expected .+, got "many"\n$/)
})

interface Spawned {
  child: ChildProcess
  exited: Promise<unknown[]>
  stdout: () => string
  stderr: () => string
}

/** The server's own process, as `npm start` runs it. */
function run(dataDir: string, env: Record<string, string> = {}): Spawned {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    env: { PATH: process.env.PATH, HOME: dataDir, ...bareEnvironment(), AGENTOS_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.stdout += text)
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.stderr += text)
  const exited = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { child, exited, stdout: () => output.stdout, stderr: () => output.stderr }
}

async function spawnServer(dataDir: string): Promise<Spawned & { url: string, credential: string }> {
  const spawned = run(dataDir)
  await new Promise<void>((resolve, reject) => {
    spawned.child.stdout!.on('data', () => spawned.stdout().includes('Agents found') && resolve())
    void spawned.exited.then(() => reject(new Error(`the server ended: ${spawned.stderr()}`)))
  })
  const { url } = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as { url: string }
  return { ...spawned, url, credential: (await readFile(join(dataDir, 'credential'), 'utf8')).trim() }
}

/** Processes of this machine that name `word` in their command line, environment or folder, but those of this test. */
async function processesOf(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found: string[] = []
  for (const pid of pids) {
    const texts = await Promise.all(['cmdline', 'environ'].map(name => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')))
    if (texts.some(text => text.includes(word)))
      found.push(`${pid} ${texts[0]!.replaceAll('\0', ' ')}`)
  }
  return found
}
