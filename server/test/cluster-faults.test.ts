import type { Cluster, WorkerProcess } from './cluster-harness.ts'
import type { ServerProcess } from './process-harness.ts'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openDatabase } from '../src/store/database.ts'
import { checkDatabase } from './checker.ts'
import { followToEnd, openCluster, until } from './cluster-harness.ts'
import { connect, script } from './server-harness.ts'
import { openTcpProxy } from './tcp-proxy.ts'

let cluster: Cluster
let one: ServerProcess
let other: ServerProcess
beforeAll(async () => {
  cluster = await openCluster()
  one = await cluster.server()
  other = await cluster.server()
}, 120_000)
afterAll(async () => {
  const db = await openDatabase({ databaseUrl: cluster.databaseUrl, dataDir: one.dataDir })
  const violations = await checkDatabase(db)
  await db.close()
  await cluster.stop()
  expect(violations).toEqual([])
})

it('a server that is stopped tells its sockets to come back, and the stream goes on at another from where it was', async () => {
  const worker = await cluster.worker()
  const leaving = await cluster.server()
  const run = await connect(other).runs.submit.mutate({ manifest: script('for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.5; done') })
  const socket = new WebSocket(`${leaving.url.replace('http', 'ws')}/trpc`, { headers: { authorization: `Bearer ${leaving.credential}` } })
  await once(socket, 'open')
  let last = 0
  connect(leaving).events.follow.subscribe({ runId: run.id }, { onData: ({ data }) => void (last = data.at(-1)!.seq) })
  await until(async () => last > 3)
  const closed = once(socket, 'close')
  leaving.child.kill('SIGTERM')
  expect((await closed)[0]).toBe(1012)
  expect(await leaving.exited).toEqual([0, null])
  const seqs: number[] = []
  await new Promise<void>((resolve, reject) => {
    connect(other).events.follow.subscribe({ runId: run.id, lastEventId: String(last) }, {
      onData: ({ data }) => void seqs.push(...data.map(event => event.seq)),
      onComplete: resolve,
      onError: reject,
    })
  })
  const { lastSeq, status } = await connect(other).runs.get.query({ run: run.id })
  expect(status).toBe('succeeded')
  expect(seqs).toEqual(Array.from({ length: lastSeq - last }, (_, index) => last + 1 + index))
  worker.child.kill('SIGTERM')
  expect(await worker.exited).toEqual([0, null])
}, 120_000)

it('a worker that is asked to drain takes no more runs, one that is stopped lets its run end, and their rows say so', async () => {
  const client = connect(one)
  const [drained, stopped] = [await cluster.worker({ AGENTOS_MAX_AGENTS: '1' }), await cluster.worker({ AGENTOS_MAX_AGENTS: '1' })]
  const viewOf = async ({ child }: WorkerProcess) => (await client.system.workers.query()).find(({ pid }) => pid === child.pid)!
  const { id } = await viewOf(drained)
  await client.system.drainWorker.mutate({ worker: id })
  await expect(client.system.drainWorker.mutate({ worker: 'nobody' })).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } })
  await until(async () => (await viewOf(drained)).state === 'draining')
  await sleep(10_500) // its next heartbeat
  const run = await client.runs.submit.mutate({ manifest: script('sleep 3; echo done') })
  await until(async () => (await client.runs.get.query({ run: run.id })).now)
  expect((await viewOf(stopped)).runs).toMatchObject([{ id: run.id, attempt: 1 }])
  stopped.child.kill('SIGTERM')
  await until(async () => (await viewOf(stopped)).state === 'draining')
  const late = await client.runs.submit.mutate({ manifest: script('true') })
  await followToEnd(client, run.id)
  expect(await client.runs.get.query({ run: run.id })).toMatchObject({ status: 'succeeded', attempt: 1 })
  expect(await stopped.exited).toEqual([0, null])
  expect((await viewOf(stopped)).state).toBe('stopped')
  expect(await client.runs.get.query({ run: late.id })).toMatchObject({ status: 'queued', queuedBecause: 'slots' })
  drained.child.kill('SIGTERM')
  await drained.exited
}, 120_000)

it('while the database is away a server says so and asks to come back, a run goes on, and everything catches up', async () => {
  const proxy = await openTcpProxy(new URL(cluster.databaseUrl))
  const behind = await openCluster(proxy.url)
  const [server, worker] = [await behind.server(), await behind.worker()]
  const client = connect(server)
  const run = await client.runs.submit.mutate({ manifest: script('for i in 1 2 3 4 5 6 7 8 9 10; do echo line-$i; sleep 1; done') })
  const texts: string[] = []
  const followed = followToEnd(client, run.id, events => texts.push(...events.filter(({ type }) => type === 'step.output').map(({ data }) => (data as { text: string }).text)))
  await until(async () => texts.join('').includes('line-2'))
  proxy.cut()
  for (const { url } of [server, worker])
    await until(async () => (await fetch(`${url}/ready`)).status === 503)
  const answer = await fetch(`${server.url}/trpc/runs.submit`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${server.credential}`, 'content-type': 'application/json' },
    body: JSON.stringify({ manifest: script('true') }),
  })
  expect(answer.status).toBe(503)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('PostgreSQL does not answer') as unknown, data: { code: 'SERVICE_UNAVAILABLE' } } })
  await sleep(4_000)
  proxy.heal()
  await followed
  expect(texts.join('')).toBe(Array.from({ length: 10 }, (_, index) => `line-${index + 1}\n`).join(''))
  expect(await client.runs.get.query({ run: run.id })).toMatchObject({ status: 'succeeded', attempt: 1 })
  await until(async () => (await fetch(`${server.url}/ready`)).status === 200)
  await behind.stop()
  await proxy.close()
}, 120_000)
