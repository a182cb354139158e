import type { Cluster, WorkerProcess } from './cluster-harness.ts'
import type { ServerProcess } from './process-harness.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { followToEnd, metricsOf, openCluster, SECRET_KEY, until } from './cluster-harness.ts'
import { runCommand, runServer } from './process-harness.ts'
import { connect, script } from './server-harness.ts'

let cluster: Cluster
let one: ServerProcess
let other: ServerProcess
let worker: WorkerProcess
beforeAll(async () => {
  cluster = await openCluster()
  one = await cluster.server()
  other = await cluster.server()
})
afterAll(() => cluster.stop())

it('a run that one server takes is carried out by a worker and followed live at another server; without a worker it waits for a slot', async () => {
  const [here, there] = [connect(one), connect(other)]
  const run = await here.runs.submit.mutate({ manifest: script('echo first; sleep 1; echo second') })
  expect(run).toMatchObject({ status: 'queued', queuedBecause: 'slots' })
  const lateBy: number[] = []
  const followed = followToEnd(there, run.id, events => lateBy.push(...events.filter(event => event.type === 'step.output').map(event => Date.now() - Date.parse(event.at))))
  await sleep(500)
  expect(await there.runs.get.query({ run: run.id })).toMatchObject({ status: 'queued', queuedBecause: 'slots' })

  worker = await cluster.worker({ AGENTOS_MAX_AGENTS: '2' })
  expect(await followed).toContain('run.ended')
  expect(await here.runs.get.query({ run: run.id })).toMatchObject({ status: 'succeeded', worker: expect.stringContaining(`:${worker.child.pid}:`) as unknown })
  expect(Math.max(...lateBy)).toBeLessThan(2_000)

  const views = await there.system.workers.query()
  expect(views.map(({ role, state, slots }) => ({ role, state, slots })).sort((a, b) => a.slots - b.slots)).toEqual([
    { role: 'server', state: 'up', slots: 0 },
    { role: 'server', state: 'up', slots: 0 },
    { role: 'worker', state: 'up', slots: 2 },
  ])
  expect((await there.system.overview.query()).workers).toEqual({ slots: 2, busy: 0, executors: 1 })
})

it('a worker has health and metrics, and neither page nor API; a server runs nothing', async () => {
  expect(await (await fetch(`${worker.url}/ready`)).json()).toEqual({ status: 'ready', database: 'connected' })
  expect((await fetch(`${worker.url}/live`)).status).toBe(200)
  expect((await fetch(`${worker.url}/health`)).status).toBe(200)
  expect((await fetch(`${worker.url}/metrics`)).status).toBe(401)
  expect(await metricsOf(worker)).toMatch(/^agentos_worker_slots 2$/m)
  // Each says what it does, and nothing of what it does not.
  expect(await metricsOf(worker)).not.toMatch(/^# HELP agentos_(?:sockets|runs|queue_depth|scheduler_status|event_lag_seconds) /m)
  expect(await metricsOf(one)).toMatch(/^agentos_workers\{state="up"\} 1$/m)
  expect(await metricsOf(one)).not.toMatch(/^# HELP agentos_(?:worker_|executor_|model_|attempts_started|leases_lost|queue_wait)/m)
  for (const path of ['/', '/trpc/system.me', '/setup', '/schema.json', '/artifacts/a/b'])
    expect((await fetch(`${worker.url}${path}`, { headers: { authorization: `Bearer ${one.credential}` } })).status).toBe(404)
  expect(one.stdout()).toContain('Runs: by workers elsewhere')
})

it('a run is stopped from a server that has nothing to do with it', async () => {
  const run = await connect(one).runs.submit.mutate({ manifest: script('sleep 60') })
  const there = connect(other)
  await until(async () => (await there.runs.get.query({ run: run.id })).now)
  const startedAt = performance.now()
  await there.runs.stop.mutate({ run: run.id })
  await followToEnd(there, run.id)
  expect(performance.now() - startedAt).toBeLessThan(8_000)
  expect(await connect(one).runs.get.query({ run: run.id })).toMatchObject({ status: 'cancelled' })
})

it('gives twenty submissions under one key at two servers the same run', async () => {
  const clients = [one, other].map(connect)
  const manifest = script('true')
  const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => clients[index % 2]!.runs.submit.mutate({ manifest, idempotencyKey: 'once' })))
  expect(new Set(runs.map(({ id }) => id)).size).toBe(1)
  expect((await clients[0]!.runs.list.query({ agent: runs[0]!.agentName })).runs).toHaveLength(1)
})

it('a process with another secret key does not start, and says which setting is wrong', async () => {
  const other = runServer(await cluster.folder(), { DATABASE_URL: cluster.databaseUrl, AGENTOS_ROLE: 'worker', AGENTOS_SECRET_KEY: SECRET_KEY.toUpperCase() })
  expect(await other.exited).toEqual([1, null])
  expect(other.stderr()).toMatch(/^AGENTOS_SECRET_KEY: expected the key that the other servers and workers of this database have, got another one; .+\n$/)
  expect(other.stderr()).not.toContain(SECRET_KEY.toUpperCase())
})

it('agentos worker is a worker', async () => {
  const worker = runCommand(['worker'], await cluster.folder(), { env: cluster.env })
  expect(await worker.says(/Database: /)).toMatch(/^AgentOS \d+\.\d+\.\d+ \(worker\) is ready in .+http:\/\/127\.0\.0\.1:\d+\nTakes runs, 20 at a time\nSandbox: /)
  const alone = runCommand(['worker'], await cluster.folder())
  expect(await alone.exited).toEqual([1, null])
  expect(alone.stderr()).toContain('AGENTOS_ROLE: expected all, because one process alone writes a SQLite database')
})
