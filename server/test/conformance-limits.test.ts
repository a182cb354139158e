import type { ClaimedRun } from '../src/queue/port.ts'
import { expect, it } from 'vitest'
import { createEmbeddedQueue } from '../src/queue/embedded.ts'
import { claimRuns } from '../src/store/claim.ts'
import { getRuns } from '../src/store/runs.ts'
import { onBothDatabases } from './conformance-harness.ts'

const NO_LIMIT = { user: null, key: null, keyTemplate: null }
const BY_REPO = { ...NO_LIMIT, key: 1, keyTemplate: '{{inputs.repo}}' }

onBothDatabases('limits of an agent', (given) => {
  const drain = () => given.claim(1000)
  const end = (ref: { runId: string, fence: number, attempt: number }) => given.log.end(ref, { reason: 'completed', detail: '' })
  const reasonOf = async (runId: string) => (await getRuns(given.db, [runId]))[0]!.queuedBecause
  async function anotherPerson() {
    const userId = `user-${Math.random()}`
    await given.db.batch([{ sql: `INSERT INTO users ("id", "organisationId", "name", "createdById", "createdAt") VALUES ($1, $2, 'bob', $1, ${given.db.sql.now})`, params: [userId, given.actor.organisationId] }])
    return { ...given.actor, userId, userName: 'bob' }
  }

  it('holds a person to theirs, and lets another pass who waits behind', async () => {
    await drain()
    const agent = await given.agent({ concurrency: 2, concurrencyPer: { ...NO_LIMIT, user: 1 } })
    const bob = await anotherPerson()
    const own = [await given.submit({ agent }), await given.submit({ agent }), await given.submit({ agent })]
    const bobs = await given.submit({ agent, actor: bob })
    expect((await given.claim()).map(({ runId }) => runId).sort()).toEqual([own[0]!.id, bobs.id].sort())
    expect(await given.claim()).toEqual([])
    expect(await reasonOf(own[1]!.id)).toBe('concurrency')
  })

  it('lets the runs of one key take turns, also against claims at once, and those of other keys and of none pass', async () => {
    await drain()
    const agent = await given.agent({ concurrencyPer: BY_REPO })
    const runs = await Promise.all(['a', 'a', 'b', ' ', ' '].map(repo => given.submit({ agent, inputs: { repo } })))
    const claimed = (await Promise.all([given.claim(), given.claim(), given.claim()])).flat()
    expect(claimed).toHaveLength(4)
    const waiting = runs.find(({ id }) => claimed.every(({ runId }) => runId !== id))!
    expect(waiting.inputs).toEqual({ repo: 'a' })
    expect(await reasonOf(waiting.id)).toBe('concurrency')
    for (const ref of claimed)
      await end(ref)
    expect((await given.claim()).map(({ runId }) => runId)).toEqual([waiting.id])
  })

  it('keeps the keys of two agents apart, and takes a key of any length', async () => {
    await drain()
    const repo = 'r'.repeat(60_000)
    const agents = [await given.agent({ concurrencyPer: BY_REPO }), await given.agent({ concurrencyPer: BY_REPO })]
    for (const agent of [...agents, ...agents])
      await given.submit({ agent, inputs: { repo } })
    expect((await given.claim()).length).toBe(2)
  })

  it('starts no more than its rate in that time; another attempt is no new start; the next one goes when time has passed', async () => {
    await drain()
    const agent = await given.agent({ rate: { runs: 2, perMs: 3_000 }, retry: { attempts: 2, delayMs: 0, maxDelayMs: 0, factor: 1, jitter: false } })
    const ids = [await given.submit({ agent }), await given.submit({ agent }), await given.submit({ agent })].map(({ id }) => id)
    const first = (await Promise.all([given.claim(), given.claim()])).flat()
    expect(first).toHaveLength(2)
    const waiting = ids.find(id => first.every(({ runId }) => runId !== id))!
    expect(await reasonOf(waiting)).toBe('rate')
    await given.log.retry(first[0]!, { reason: 'error', detail: '', delayMs: 0 })
    expect((await given.claim()).map(({ runId }) => runId)).toEqual([first[0]!.runId])
    const started = Promise.withResolvers<ClaimedRun>()
    const queue = createEmbeddedQueue({ db: given.db, notifier: given.notifier, workerId: 'rate', slots: 5 })
    queue.start(async (claimed) => {
      await end(claimed.ref)
      if (claimed.run.id === waiting)
        started.resolve(claimed)
    })
    const { run } = await started.promise
    await queue.stop()
    const at = (await getRuns(given.db, [...ids])).map(({ startedAt }) => Date.parse(startedAt!)).sort((a, b) => a - b)
    expect(Date.parse(run.startedAt!) - at[0]!).toBeGreaterThanOrEqual(3_000)
  })

  it('gives what waited behind a run to the slots that are free when it ends, without being told of anything new', async () => {
    await drain()
    const agent = await given.agent({ concurrency: 1 })
    const order: string[] = []
    const queue = createEmbeddedQueue({ db: given.db, notifier: given.notifier, workerId: 'turns', slots: 4 })
    const done = Promise.withResolvers<void>()
    const runs = [await given.submit({ agent }), await given.submit({ agent }), await given.submit({ agent })]
    queue.start(async ({ ref }) => {
      order.push(ref.runId)
      await end(ref)
      if (order.length === 3)
        done.resolve()
    })
    await done.promise
    await queue.stop()
    expect(order).toEqual(runs.map(({ id }) => id))
  })

  it('leaves a run to the machine that it is bound to', async () => {
    await drain()
    const run = await given.submit()
    await given.db.batch([{ sql: `UPDATE runs SET "host" = 'there' WHERE "id" = $1`, params: [run.id] }])
    const claim = (host: string | null) => claimRuns(given.db, { worker: 'w', slots: 9, leaseMs: 30_000, host })
    expect(await claim('here')).toEqual([])
    expect(await reasonOf(run.id)).toBe(given.dialect === 'postgresql' ? 'host' : 'slots')
    expect((await claim('there')).map(({ runId }) => runId)).toEqual([run.id])
  })

  it('counts all limits together, whichever is reached first', async () => {
    await drain()
    const agent = await given.agent({ concurrency: 3, concurrencyPer: { user: 2, key: 1, keyTemplate: '{{inputs.repo}}' }, rate: { runs: 3, perMs: 600_000 } })
    const bob = await anotherPerson()
    for (const repo of ['a', 'a', 'b', 'c'])
      await given.submit({ agent, inputs: { repo } })
    for (const repo of ['a', 'd', 'e'])
      await given.submit({ agent, actor: bob, inputs: { repo } })
    const claimed: string[] = []
    for (let round = 0; round < 4; round++)
      claimed.push(...(await given.claim()).map(({ runId }) => runId))
    const runs = await getRuns(given.db, claimed)
    expect(runs).toHaveLength(3)
    expect(new Set(runs.map(({ inputs }) => inputs.repo)).size).toBe(3)
    expect(runs.filter(({ createdBy }) => createdBy === 'bob').length).toBeGreaterThanOrEqual(1)
    await end((await given.db.read({ sql: `SELECT "id" AS "runId", "fence", "attempt" FROM runs WHERE "id" = $1`, params: [claimed[0]!] }))[0] as unknown as { runId: string, fence: number, attempt: number })
    expect(await given.claim()).toEqual([]) // the rate is used up
  })
})
