import { expect, it } from 'vitest'
import { cancel } from '../src/queue/cancel.ts'
import { prune } from '../src/queue/prune.ts'
import { CursorError } from '../src/store/errors.ts'
import { readEvents } from '../src/store/events.ts'
import { overviewFigures } from '../src/store/overview.ts'
import { countRuns, findRun, listRuns, recentRuns } from '../src/store/runs.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { output } from './conformance-output.ts'

onBothDatabases('submitting', (given) => {
  it('stores the run and its first event', async () => {
    const agent = await given.agent({ priority: 3, retry: { attempts: 4, delayMs: 1, maxDelayMs: 1, factor: 1, jitter: false } })
    const run = await given.submit({ agent, task: 'count', inputs: { branch: 'main', deep: true, n: 2 }, workspaceFrom: '/src', isolation: 'process', timeMs: 5_000, retryOf: 'another' })
    expect(run).toMatchObject({
      agentId: agent.id,
      agentName: agent.name,
      agentVersion: 1,
      task: 'count',
      inputs: { branch: 'main', deep: true, n: 2 },
      status: 'queued',
      queuedBecause: 'slots',
      attempt: 0,
      maxAttempts: 4,
      priority: 3,
      isolation: 'process',
      limits: { ...agent.manifest.limits, timeMs: 5_000 },
      workspaceFrom: '/src',
      createdBy: given.actor.userName,
      lastSeq: 1,
      startedAt: null,
      endedAt: null,
    })
    expect(await readEvents(given.db, run.id, { after: 0, limit: 10 })).toMatchObject([
      { seq: 1, attempt: 0, type: 'run.submitted', data: { agent: agent.name, version: 1, task: 'count', by: given.actor.userName, retryOf: 'another' } },
    ])
  })

  it('gives the same run for the same key, to one that comes later and to those that come at once', async () => {
    const agent = await given.agent()
    const first = await given.submit({ agent, idempotencyKey: 'later' })
    expect((await given.submit({ agent, idempotencyKey: 'later' })).id).toBe(first.id)
    const racing = await Promise.all(Array.from({ length: 8 }, () => given.submit({ agent, idempotencyKey: 'at once' })))
    expect(new Set(racing.map(({ id }) => id)).size).toBe(1)
    expect((await listRuns(given.db, given.actor.organisationId, { agentId: agent.id })).runs).toHaveLength(2)
  })

  it('keeps a task that no database would take as it is', async () => {
    const run = await given.submit({ task: 'a\0b \uD800 €' })
    expect(run.task).toBe('a\uFFFDb \uFFFD €')
  })

  it('says that a delayed run waits for its time', async () => {
    expect(await given.submit({ delayMs: 60_000 })).toMatchObject({ queuedBecause: 'later' })
  })

  it('says that a run waits for others of its agent', async () => {
    const agent = await given.agent({ concurrency: 1 })
    await given.submit({ agent })
    await given.claim()
    expect(await given.submit({ agent })).toMatchObject({ queuedBecause: 'concurrency' })
  })
})

onBothDatabases('finding runs', (given) => {
  const list = (filter: Parameters<typeof listRuns>[2]) => listRuns(given.db, given.actor.organisationId, filter)

  it('finds one by its id, by the beginning that it alone has, and names those that share one', async () => {
    const run = await given.submit()
    for (const word of [run.id, run.id.slice(0, 12)])
      expect(await findRun(given.db, given.actor.organisationId, word)).toMatchObject({ found: { id: run.id } })
    const others = await Promise.all(Array.from({ length: 40 }, () => given.submit()))
    const shared = [...Map.groupBy(others, ({ id }) => id[0]!).entries()].find(([, group]) => group.length > 1)!
    const { found, candidates } = await findRun(given.db, given.actor.organisationId, shared[0]) as { found: null, candidates: string[] }
    expect(found).toBeNull()
    expect(candidates.every(id => id.startsWith(shared[0]))).toBe(true)
    for (const word of ['', '%', '_', 'ABC', `${run.id}x`, '\'; --'])
      expect(await findRun(given.db, given.actor.organisationId, word)).toEqual({ found: null, candidates: [] })
    expect(await findRun(given.db, 'another organisation', run.id)).toEqual({ found: null, candidates: [] })
  })

  it('lists newest first, each run once over all pages, also those of one millisecond', async () => {
    await Promise.all(Array.from({ length: 23 }, () => given.submit()))
    const whole = (await list({ limit: 200 })).runs.map(({ id }) => id)
    const paged: string[] = []
    for (let page = await list({ limit: 7 }); ; page = await list({ limit: 7, before: page.older! })) {
      paged.push(...page.runs.map(({ id }) => id))
      if (page.older === null)
        break
    }
    expect(paged).toEqual(whole)
    expect(new Set(paged).size).toBe(whole.length)
  })

  it('does not move what is on older pages when new runs come', async () => {
    const page = await list({ limit: 5 })
    const expected = await list({ limit: 5, before: page.older! })
    await given.submit()
    expect((await list({ limit: 5, before: page.older! })).runs.map(({ id }) => id)).toEqual(expected.runs.map(({ id }) => id))
  })

  it('refuses a page that no list has named', async () => {
    await expect(list({ before: 'abc' })).rejects.toThrow(CursorError)
  })

  it('filters by status, agent, time, and by a part of the task or the beginning of an id', async () => {
    const agent = await given.agent()
    const run = await given.submit({ agent, task: 'Find the NEEDLE 100% here' })
    await given.submit({ agent })
    const since = new Date(Date.parse(run.createdAt) + 60_000).toISOString()
    expect((await list({ agentId: agent.id })).runs).toHaveLength(2)
    expect((await list({ search: 'needle' })).runs.map(({ id }) => id)).toEqual([run.id])
    expect((await list({ search: '100%' })).runs.map(({ id }) => id)).toEqual([run.id])
    expect((await list({ search: run.id.slice(0, 12) })).runs.map(({ id }) => id)).toEqual([run.id])
    expect((await list({ search: agent.name })).runs).toHaveLength(2)
    expect((await list({ agentId: agent.id, statuses: ['running', 'failed'] })).runs).toEqual([])
    expect((await list({ agentId: agent.id, since: run.createdAt })).runs).toHaveLength(2)
    expect((await list({ agentId: agent.id, since })).runs).toEqual([])
  })

  it('gives the newest runs of each agent, oldest first', async () => {
    const agent = await given.agent()
    const runs = []
    for (let index = 0; index < 4; index++)
      runs.push(await given.submit({ agent }))
    const recent = await recentRuns(given.db, [agent.id, 'none'], 3)
    expect(recent.get('none')).toEqual([])
    const listed = (await list({ agentId: agent.id })).runs.map(({ id }) => id)
    expect(recent.get(agent.id)!.map(({ id }) => id)).toEqual(listed.slice(0, 3).reverse())
  })
})

onBothDatabases('counting and pruning', (given) => {
  it('counts by status as runs go through their lives', async () => {
    const { organisationId } = given.actor
    expect(await countRuns(given.db, organisationId)).toEqual({ queued: 0, running: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 })
    const retries = { retry: { attempts: 2, delayMs: 0, maxDelayMs: 0, factor: 1, jitter: false } }
    const [ok, bad, again] = [await given.running(), await given.running(), await given.running(retries)]
    const stopped = await given.submit()
    await cancel(given, { actor: given.actor, runId: stopped.id })
    await given.log.end(ok, { reason: 'completed', detail: '' })
    await given.log.end(bad, { reason: 'timeout', detail: '' })
    await given.log.retry(again, { reason: 'error', detail: '', delayMs: 0 })
    expect(await countRuns(given.db, organisationId)).toEqual({ queued: 1, running: 0, waiting: 0, succeeded: 1, failed: 1, cancelled: 1 })
    expect(await overviewFigures(given.db, organisationId)).toMatchObject({
      endedLastDay: 3,
      failuresLastDay: [{ reason: 'timeout', count: 1 }],
      finished: [{ status: 'cancelled' }, { id: ok.runId, status: 'succeeded' }, { id: bad.runId, status: 'failed' }],
      oldestQueuedAt: expect.any(String) as unknown,
    })
  })

  it('prunes what has ended and fits, with its events, and nothing that may still change', async () => {
    const { organisationId } = given.actor
    const live = [await given.running(), { runId: (await given.submit()).id }]
    const ended = [await given.running(), await given.running(), await given.running()]
    for (const [index, ref] of ended.entries()) {
      await given.log.append(ref, [output('x')])
      await given.log.end(ref, { reason: index === 0 ? 'completed' : 'error', detail: '' })
    }
    const ids = [...live, ...ended].map(({ runId }) => runId)
    expect(await prune(given, { organisationId, ids, olderThanMs: 60_000 })).toEqual({ removed: [] })
    expect(await prune(given, { organisationId: 'another', ids })).toEqual({ removed: [] })
    expect(await prune(given, { organisationId, ids, statuses: ['succeeded', 'running'] })).toEqual({ removed: [ended[0]!.runId] })
    expect((await prune(given, { organisationId, ids })).removed.sort()).toEqual([ended[1]!.runId, ended[2]!.runId].sort())
    for (const { runId } of ended)
      expect(await readEvents(given.db, runId, { after: 0, limit: 10 })).toEqual([])
    for (const { runId } of live)
      expect(await readEvents(given.db, runId, { after: 0, limit: 10 })).not.toEqual([])
  })
})
