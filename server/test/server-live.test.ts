import type { RunView } from '../src/domain/views/run.ts'
import type { RouterOutputs } from '../src/router/router.ts'
import type { Client, TestServer } from './server-harness.ts'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { isFinal } from '../src/domain/run.ts'
import { connect, cutSockets, openServer, script } from './server-harness.ts'

type RunEvent = RouterOutputs['events']['list'][number]

let server: TestServer
beforeAll(async () => {
  server = await openServer()
})
afterAll(() => server.stop())

it('follows a run from its first event to its last, in order, once each, and then ends', async () => {
  const client = connect(server)
  const run = await client.runs.submit.mutate({ manifest: script('for i in 1 2 3; do echo line $i; sleep 0.1; done') })
  const seen = await followToEnd(client, run.id)
  const stored = await client.events.list.query({ runId: run.id })
  expect(seen).toEqual(stored)
  expect(seen.map(event => event.seq)).toEqual(seen.map((_, index) => index + 1))
  expect(seen.at(-1)).toMatchObject({ type: 'run.ended', data: { status: 'succeeded', reason: 'completed' } })
})

it('goes on after the last batch when the socket is cut in the middle', async () => {
  const client = connect(server)
  const run = await client.runs.submit.mutate({ manifest: script('for i in $(seq 1 30); do echo line $i; sleep 0.05; done') })
  const seen: RunEvent[] = []
  let cuts = 0
  await new Promise<void>((resolve, reject) => {
    const subscription = client.events.follow.subscribe({ runId: run.id }, {
      onData({ data }) {
        seen.push(...data)
        if (cuts < 3 && seen.length > cuts * 5 + 4) {
          cuts++
          cutSockets()
        }
      },
      onComplete: resolve,
      onError: reject,
    })
    onTestFinished(() => subscription.unsubscribe())
  })
  expect(cuts).toBe(3)
  expect(seen).toEqual(await client.events.list.query({ runId: run.id }))
})

it('answers a cursor that cannot be with a typed error', async () => {
  const client = connect(server)
  const run = await ended(client, await client.runs.submit.mutate({ manifest: script('echo done') }))
  const other = await ended(client, await client.runs.submit.mutate({ manifest: script('echo other') }))
  const follow = (input: object) => followRaw({ runId: run.id, ...input })
  expect(await follow({ after: run.lastSeq })).toBe('stopped')
  expect(await follow({ after: run.lastSeq + 1 })).toMatchObject({ code: 'BAD_REQUEST', message: `cursor ${run.lastSeq + 1} is beyond the end of run ${run.id}, whose last event is ${run.lastSeq}` })
  expect(await follow({ after: -1 })).toMatchObject({ code: 'BAD_REQUEST' })
  expect(await follow({ after: 'abc' })).toMatchObject({ code: 'BAD_REQUEST' })
  expect(await follow({ after: 1.5 })).toMatchObject({ code: 'BAD_REQUEST' })
  expect(await follow({ lastEventId: 'abc' })).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('expected a seq') })
  expect(await follow({ lastEventId: '-1' })).toMatchObject({ code: 'BAD_REQUEST' })
  expect(await follow({ lastEventId: '99999999999999999999' })).toMatchObject({ code: 'BAD_REQUEST' })
  expect(await followRaw({ runId: 'no-such-run' })).toMatchObject({ code: 'NOT_FOUND' })
  expect(await followRaw({})).toMatchObject({ code: 'BAD_REQUEST' })
  expect(await followRaw({ runId: other.id, after: 0 })).toBe('stopped')
})

it('holds little for a reader that has stopped reading, however much it asked for, and loses nothing of it', async () => {
  const client = connect(server)
  const run = await ended(client, await client.runs.submit.mutate({ manifest: script('yes "$(head -c 2000 /dev/zero | tr "\\0" x)" | head -c 3000000') }))
  const log = (await client.events.list.query({ runId: run.id })).map(event => event.seq)
  const socket = await openSocket()
  const subscriptions = 20 // of 3 MB each: more than a kernel takes off our hands
  const seen = new Map<number, number[]>()
  let stopped = 0
  const finished = new Promise<void>(resolve => socket.on('message', (data) => {
    const { id, result } = JSON.parse(String(data)) as { id: number, result: { type: string, data?: { data: RunEvent[] } } }
    seen.set(id, [...seen.get(id) ?? [], ...(result.data?.data ?? []).map(event => event.seq)])
    stopped += result.type === 'stopped' ? 1 : 0
    if (stopped === subscriptions)
      resolve()
  }))
  for (let id = 1; id <= subscriptions; id++)
    socket.send(JSON.stringify({ id, method: 'subscription', params: { path: 'events.follow', input: { runId: run.id } } }))
  await once(socket, 'message')
  socket.pause()
  const waiting = await untilSteady(waitingBytes)
  expect(waiting).toBeGreaterThan(0)
  expect(waiting).toBeLessThan(1024 * 1024)
  expect(stopped).toBeLessThan(subscriptions)
  socket.resume()
  await finished
  expect([...seen.values()]).toEqual(Array.from({ length: subscriptions }).fill(log))
})

it('gives one socket a bounded number of subscriptions, and others of their own', async () => {
  const socket = await openSocket()
  const refused = new Promise<string>(resolve => socket.on('message', (data) => {
    const { error } = JSON.parse(String(data)) as { error?: { data: { code: string } } }
    if (error)
      resolve(error.data.code)
  }))
  for (let id = 1; id <= 65; id++)
    socket.send(JSON.stringify({ id, method: 'subscription', params: { path: 'runs.watch' } }))
  expect(await refused).toBe('TOO_MANY_REQUESTS')
  socket.terminate()
})

it('watches runs come, change and go', async () => {
  const client = connect(server)
  const statuses = new Map<string, Set<string>>()
  const removed: string[] = []
  let changed = () => {}
  const subscription = client.runs.watch.subscribe(undefined, {
    onData(update) {
      for (const run of update.runs)
        statuses.set(run.id, (statuses.get(run.id) ?? new Set()).add(run.status))
      removed.push(...update.removed)
      changed()
    },
  })
  onTestFinished(() => subscription.unsubscribe())
  const until = async (isSo: () => boolean) => {
    while (!isSo())
      await new Promise<void>(resolve => changed = resolve)
  }
  const run = await client.runs.submit.mutate({ manifest: script('sleep 0.5') })
  await until(() => statuses.get(run.id)?.has('succeeded') ?? false)
  expect([...statuses.get(run.id)!]).toContain('running')
  expect((await client.runs.prune.mutate({ ids: [run.id] })).removed).toEqual([run.id])
  await until(() => removed.includes(run.id))
})

it('stops a run, twice, and says who is meant when a prefix is not enough', async () => {
  const client = connect(server)
  const run = await client.runs.submit.mutate({ manifest: script('sleep 60') })
  await client.runs.stop.mutate({ run: run.id })
  const end = await ended(client, run)
  expect(end).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
  expect(await client.runs.stop.mutate({ run: run.id })).toMatchObject({ status: 'cancelled', lastSeq: end.lastSeq })
  expect((await client.runs.get.query({ run: run.id.slice(0, -2) })).id).toBe(run.id)
  await expect(client.runs.get.query({ run: 'zzzzzz' })).rejects.toThrow('no run is called "zzzzzz"')
})

it('writes nothing of a run that it refuses', async () => {
  const client = connect(server)
  const before = (await client.runs.list.query({})).runs.length
  const faulty = await client.runs.submit.mutate({ manifest: { source: 'name: faulty\nstepz: []\n' } }).catch((error: unknown) => error)
  expect(faulty).toMatchObject({ data: { code: 'BAD_REQUEST', problems: expect.arrayContaining([expect.objectContaining({ line: 2, key: 'stepz' })]) } })
  const refused = await client.runs.submit.mutate({ manifest: { source: 'name: refused\nworkspace: { from: /etc }\nsteps:\n  - run: "true"\n' } }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ data: { code: 'PRECONDITION_FAILED' } })
  const keyless = await client.runs.submit.mutate({ manifest: { source: 'name: keyless\nmodel: openai/gpt-5\n' }, task: 'x' }).catch((error: unknown) => error)
  expect(keyless).toMatchObject({ data: { code: 'PRECONDITION_FAILED' }, message: expect.stringContaining('OPENAI_API_KEY') })
  const elsewhere = await client.runs.submit.mutate({ manifest: script('true'), workspace: '/etc' }).catch((error: unknown) => error)
  expect(elsewhere).toMatchObject({ data: { code: 'PRECONDITION_FAILED' }, message: expect.stringContaining('AGENTOS_WORKSPACE_ROOTS') })
  expect((await client.runs.list.query({})).runs).toHaveLength(before)
  const names = (await client.agents.list.query()).map(agent => agent.name)
  expect(names).not.toContain('refused')
  expect(names).not.toContain('keyless')
})

it('tries an ended run again as a new one that names the old', async () => {
  const client = connect(server)
  const old = await ended(client, await client.runs.submit.mutate({ manifest: script('exit 3'), task: 'again' }))
  expect(old).toMatchObject({ status: 'failed', reason: 'error' })
  const next = await client.runs.retry.mutate({ run: old.id })
  expect(next).toMatchObject({ agentId: old.agentId, task: 'again' })
  expect(next.id).not.toBe(old.id)
  const [first] = await client.events.list.query({ runId: next.id, limit: 1 })
  expect(first).toMatchObject({ type: 'run.submitted', data: { retryOf: old.id } })
})

async function followToEnd(client: Client, runId: string): Promise<RunEvent[]> {
  const seen: RunEvent[] = []
  await new Promise<void>((resolve, reject) => client.events.follow.subscribe({ runId }, {
    onData: ({ data }) => void seen.push(...data),
    onComplete: resolve,
    onError: reject,
  }))
  return seen
}

async function ended(client: Client, run: RunView): Promise<RunView> {
  await followToEnd(client, run.id)
  const now = await client.runs.get.query({ run: run.id })
  expect(isFinal(now.status)).toBe(true)
  return now
}

async function openSocket(): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`, { headers: { authorization: `Bearer ${server.credential}` } })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

async function waitingBytes(): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.credential}` } })
  return Number(/^agentos_sockets_waiting_bytes (\S+)$/m.exec(await response.text())![1])
}

/** Asks until the answer has been the same three times in a row. */
async function untilSteady(ask: () => Promise<number>): Promise<number> {
  const answers = [Number.NaN]
  while (answers.length < 3 || new Set(answers.slice(-3)).size > 1) {
    await sleep(50)
    answers.push(await ask())
  }
  return answers.at(-1)!
}

/** What a raw subscription is answered with first: an error's data and message, or that it has stopped. */
async function followRaw(input: object): Promise<unknown> {
  const socket = await openSocket()
  const answered = new Promise<unknown>(resolve => socket.on('message', (data) => {
    const { error, result } = JSON.parse(String(data)) as { error?: { message: string, data: object }, result?: { type: string } }
    if (error)
      resolve({ ...error.data, message: error.message })
    else if (result?.type === 'stopped')
      resolve('stopped')
  }))
  socket.send(JSON.stringify({ id: 1, method: 'subscription', params: { path: 'events.follow', input } }))
  return answered
}
