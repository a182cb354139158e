import type { RunUsage } from '../src/domain/views/run.ts'
import type { Client, TestServer } from './server-harness.ts'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { followUsage } from '../src/events/follow-usage.ts'
import { createNotifier } from '../src/events/notifier.ts'
import { listUsages } from '../src/router/usages.ts'
import { createRunUsages } from '../src/worker/run-usages.ts'
import { connect, openServer, script } from './server-harness.ts'

let server: TestServer
let client: Client

beforeAll(async () => {
  server = await openServer()
})
beforeEach(() => {
  client = connect(server)
})
afterAll(() => server.stop())

it('shows the processes of a run while it runs, about once a second, and ends when the run has ended', async () => {
  const run = await client.runs.submit.mutate({ manifest: script('sleep 301 & sleep 302 & wait') })
  const seen = watch(run.id)
  await expect.poll(() => commandsOf(seen.values.at(-1)), { timeout: 15_000 }).toEqual(expect.arrayContaining(['sleep 301', 'sleep 302']))
  const { tree } = seen.values.at(-1)!
  const [one, other] = [tree.find(({ command }) => command === 'sleep 301')!, tree.find(({ command }) => command === 'sleep 302')!]
  expect(one.parent).toBe(other.parent)
  expect(tree.map(({ pid }) => pid)).toContain(one.parent)
  expect(one.memoryBytes).toBeGreaterThan(0)

  const [now] = await client.runs.usages.query({ runs: [run.id] })
  expect(commandsOf(now!.usage)).toEqual(expect.arrayContaining(['sleep 301', 'sleep 302']))
  const bare = (await client.runs.usages.query({ withTree: false })).find(each => each.run === run.id)!
  expect(bare.usage).toMatchObject({ tree: [], omitted: now!.usage.tree.length + now!.usage.omitted })

  await client.runs.stop.mutate({ run: run.id })
  expect(await seen.ended).toBe('complete')
  expect(await client.runs.usages.query({ runs: [run.id] })).toEqual([])
  for (const [at, received] of seen.times.entries()) {
    if (at > 0)
      expect(received - seen.times[at - 1]!).toBeGreaterThan(500)
  }
})

it('yields nothing for a run that has ended or never starts, and ends with it', async () => {
  const ended = await client.runs.submit.mutate({ manifest: script('true') })
  await expect.poll(async () => (await client.runs.get.query({ run: ended.id })).endedAt, { timeout: 15_000 }).not.toBeNull()
  const after = watch(ended.id)
  expect([await after.ended, after.values]).toEqual(['complete', []])

  const later = await client.runs.submit.mutate({ manifest: script('true'), delayMs: 600_000 })
  const waiting = watch(later.id)
  expect(await client.runs.usages.query({ runs: [later.id] })).toEqual([])
  await client.runs.stop.mutate({ run: later.id })
  expect([await waiting.ended, waiting.values]).toEqual(['complete', []])
})

it('knows no run of another organisation', async () => {
  const run = await client.runs.submit.mutate({ manifest: script('sleep 303') })
  const usages = createRunUsages()
  usages.set(run.id, sampleOf(1))
  const stranger = { organisationId: 'another', organisationName: 'Another', userId: 'stranger', userName: 'stranger' }
  expect(await listUsages({ db: server.db, usages, actor: stranger }, null)).toEqual([])
  expect(await listUsages({ db: server.db, usages, actor: stranger }, [run.id])).toEqual([])
  expect(await watch('no-such-run').ended).toBe('NOT_FOUND')
  await client.runs.stop.mutate({ run: run.id })
})

it('keeps two samples of a run however many its executor sends, of a time that can be, and paces who follows', async () => {
  const run = await client.runs.submit.mutate({ manifest: script('true'), delayMs: 600_000 })
  const usages = createRunUsages()
  const stop = new AbortController()
  const seen: RunUsage[] = []
  const following = (async () => {
    for await (const usage of followUsage({ db: server.db, notifier: createNotifier(), usages, run, signal: stop.signal }))
      seen.push(usage)
  })()
  for (let count = 1; count <= 2000; count++) {
    usages.set(run.id, sampleOf(count))
    if (count % 500 === 0)
      await new Promise(resolve => setTimeout(resolve, 100))
  }
  await expect.poll(() => seen.at(-1)?.cpuMs, { timeout: 5_000 }).toBe(2000)
  expect(seen.length).toBeLessThanOrEqual(3)
  expect(usages.get(run.id)).toMatchObject({ usage: { cpuMs: 2000 }, before: { cpuMs: 1999 } })
  usages.set(run.id, { ...sampleOf(1), at: '1999-01-01T00:00:00.000Z' })
  usages.set(run.id, { ...sampleOf(2), at: 'yesterday' })
  const { usage, before } = usages.get(run.id)!
  for (const { at } of [usage, before!])
    expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(5_000)

  usages.forget(run.id)
  expect(usages.running()).toEqual([])
  stop.abort()
  await following
  await client.runs.stop.mutate({ run: run.id })
})

function watch(runId: string) {
  const values: RunUsage[] = []
  const times: number[] = []
  const ended = new Promise<string>((resolve) => {
    client.runs.usage.subscribe({ runId }, {
      onData: (usage) => {
        values.push(usage)
        times.push(performance.now())
      },
      onComplete: () => resolve('complete'),
      onError: error => resolve(error.data?.code ?? error.message),
    })
  })
  return { values, times, ended }
}

function commandsOf(usage: RunUsage | undefined): string[] {
  return usage?.tree.map(({ command }) => command) ?? []
}

function sampleOf(cpuMs: number): RunUsage {
  return { at: new Date().toISOString(), cpuMs, memoryBytes: 1, processes: 1, files: 1, diskBytes: null, tree: [], omitted: 0 }
}
