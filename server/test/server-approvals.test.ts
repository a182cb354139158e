import type { IncomingMessage } from 'node:http'
import type { ServerProcess } from './process-harness.ts'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgentOS } from '@agentos/client'
import { expect, it, onTestFinished } from 'vitest'
import { findMarked, listProcesses } from '../src/executor/sandbox/processes.ts'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { freshDatabase } from './conformance-harness.ts'
import { startServerProcess } from './process-harness.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'agentos-approvals-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

function clientOf(server: ServerProcess) {
  const client = createAgentOS({ url: server.url, apiKey: server.credential })
  onTestFinished(() => void client.close())
  return client
}

/** A run that wants leave for its one step, and waits. */
async function asks(server: ServerProcess, name: string, more = ''): Promise<string> {
  const manifest = await writeManifest(server.dataDir, name, 'echo did it', `commands: { ask: ["echo **"] }\n${more}`)
  const { stdout } = await agentos(['run', manifest, '--detach', '--json'], server)
  const { runId } = JSON.parse(stdout) as { runId: string }
  const client = clientOf(server)
  await expect.poll(async () => (await client.runs.get(runId)).status, { timeout: 30_000 }).toBe('waiting')
  return runId
}

/** Somebody who is told, and whose first answers are what `statuses` says. */
async function listen(statuses: number[] = []) {
  const told: { headers: IncomingMessage['headers'], body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request.setEncoding('utf8'))
      body += String(piece)
    told.push({ headers: request.headers, body })
    response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address() as { port: number } // listening on TCP
  return { told, url: `http://127.0.0.1:${address.port}/hook` }
}

it('a server that is killed while a run waits is asked the same by the next one, and nothing of the run lives meanwhile', { timeout: 240_000 }, async () => {
  const dataDir = await folder()
  const first = await startServerProcess(dataDir)
  const runId = await asks(first, 'restarted')
  first.child.kill('SIGKILL')
  await first.exited
  await expect.poll(() => findMarked(`AGENTOS_RUN=${runId}`, listProcesses())).toEqual([])

  const server = await startServerProcess(dataDir)
  const [asked] = jsonLines(await agentos(['approve', '--json'], server)) as unknown as { id: string, runId: string, digest: string }[]
  expect(asked).toMatchObject({ runId, action: 'echo did it\n', rule: 'echo **' })
  expect((await agentos(['approve'], server)).stdout).toMatch(/restarted run [\s\S]+ {2}echo did it[\s\S]+agentos approve \w+ --digest [0-9a-f]{64}/)
  const other = await agentos(['approve', asked!.id, '--digest', '0'.repeat(64)], server)
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('is for another action than the one that was seen') })
  expect(await agentos(['approve', asked!.id, '--digest', asked!.digest, '--note', 'fine'], server)).toMatchObject({ code: 0, stdout: expect.stringContaining('approved, once: echo did it') })
  const logs = await agentos(['logs', '-f', runId], server)
  expect(logs.stdout).toMatch(/may it\? shell \(rule echo \*\*\): echo did it[\s\S]+approved by owner: fine[\s\S]+did it[\s\S]+succeeded/)
  expect(await agentos(['approve', runId], server)).toMatchObject({ code: 127, stderr: expect.stringContaining('no approval is called') })
  expect((await agentos(['approve'], server)).stdout).toBe('Nobody is asked anything.\n')
  await server.stop()
})

it('the terminal that follows a run says what is asked and what to type; a no ends it with 126, and no answer with 1', { timeout: 240_000 }, async () => {
  const server = await startServerProcess(await folder())
  const manifest = await writeManifest(server.dataDir, 'followed', 'echo did it', 'commands: { ask: ["echo **"] }\n')
  const following = agentos(['run', manifest], server)
  const client = clientOf(server)
  await expect.poll(async () => (await client.approvals.list()).approvals.length, { timeout: 30_000 }).toBe(1)
  const [asked] = (await client.approvals.list()).approvals
  await agentos(['approve', asked!.id, '--deny', '--note', 'no'], server)
  const ended = await following
  expect(ended.stdout).toContain(`agentos approve ${asked!.id.slice(0, 10)}`)
  expect(ended).toMatchObject({ code: 126, stdout: expect.stringContaining('denied by owner: no') })

  const late = await writeManifest(server.dataDir, 'late', 'echo did it', 'commands: { ask: ["echo **"] }\napprovals: { expires: 1s }\n')
  expect(await agentos(['run', late], server)).toMatchObject({ code: 1, stdout: expect.stringContaining('nobody answered in time') })
  await server.stop()
})

it('a webhook is told of each question, signed, again until it is taken, by the next server when the first is killed, and follows no redirect', { timeout: 240_000 }, async () => {
  const dataDir = await folder()
  const secret = 'a-secret-of-the-webhook'
  const { told, url } = await listen([500, 302, 500, 500, 500])
  const env = { AGENTOS_APPROVAL_WEBHOOK: url, AGENTOS_APPROVAL_WEBHOOK_SECRET: secret }
  const first = await startServerProcess(dataDir, { env })
  const runId = await asks(first, 'told')
  await expect.poll(() => told.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
  first.child.kill('SIGKILL')
  await first.exited
  const before = told.length

  const server = await startServerProcess(dataDir, { env })
  await expect.poll(() => told.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(Math.max(6, before + 1))
  for (const { headers, body } of told) {
    expect(headers['x-agentos-signature']).toBe(`sha256=${createHmac('sha256', secret).update(`${headers['x-agentos-timestamp'] as string}.${body}`).digest('hex')}`)
    expect(Math.abs(Date.now() / 1000 - Number(headers['x-agentos-timestamp']))).toBeLessThan(120)
    expect(JSON.parse(body)).toMatchObject({ type: 'approval.requested', approval: { runId, state: 'pending', action: 'echo did it\n' }, url: expect.stringContaining('/approvals?approval=') })
  }
  await server.stop()
})

it('of two servers on one database that decide at once one is heard, and either sees it', { timeout: 240_000 }, async () => {
  const { databaseUrl } = await freshDatabase('postgresql')
  const env = { DATABASE_URL: databaseUrl, AGENTOS_SECRET_KEY: 'k'.repeat(43) }
  const servers = [await startServerProcess(await folder(), { env }), await startServerProcess(await folder(), { env })]
  const runId = await asks(servers[0]!, 'shared')
  const clients = servers.map(clientOf)
  const { approvals: [asked] } = await clients[1]!.approvals.list()
  const decide = (at: number, as: 'once' | 'deny') => clients[at]!.approvals.decide({ approval: asked!.id, digest: asked!.digest, as })
  const words = await Promise.allSettled([decide(0, 'once'), decide(1, 'deny'), decide(0, 'deny'), decide(1, 'once')])
  const heard = words.filter(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<{ state: string }>[]
  expect(heard).toHaveLength(1)
  const { run: { status } } = await clients[1]!.runs.result(runId)
  expect(status).toBe(heard[0]!.value.state === 'once' ? 'succeeded' : 'failed')
  const events = await clients[0]!.events.list({ runId, after: 0 })
  expect(events.filter(({ type }) => type === 'approval.decided')).toHaveLength(1)
  await Promise.all(servers.map(server => server.stop()))
})
