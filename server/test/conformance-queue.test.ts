import type { ClaimedRun, Queue } from '../src/queue/port.ts'
import { afterEach, expect, it } from 'vitest'
import { follow } from '../src/events/follow.ts'
import { cancel } from '../src/queue/cancel.ts'
import { createEmbeddedQueue } from '../src/queue/embedded.ts'
import { rescue } from '../src/queue/rescue.ts'
import { claimRuns } from '../src/store/claim.ts'
import { readEvents } from '../src/store/events.ts'
import { listLeases } from '../src/store/leases.ts'
import { getRuns } from '../src/store/runs.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { finished, output } from './conformance-output.ts'

const TWICE = { retry: { attempts: 2, delayMs: 0, maxDelayMs: 0, factor: 1, jitter: false } }

onBothDatabases('claiming', (given) => {
  const drain = () => given.claim(1000)

  it('takes by priority, then the one that waits longest, and no more than asked for', async () => {
    await drain()
    const agent = await given.agent()
    const [first, second] = [await given.submit({ agent }), await given.submit({ agent })]
    const urgent = await given.submit({ agent, priority: 5 })
    expect((await given.claim(1)).map(({ runId }) => runId)).toEqual([urgent.id])
    expect((await given.claim(1)).map(({ runId }) => runId)).toEqual([first.id])
    expect((await given.claim(5)).map(({ runId }) => runId)).toEqual([second.id])
    expect(await given.claim(5)).toEqual([])
  })

  it('gives each run a fence, an attempt, a lease, and an event that says so', async () => {
    const ref = await given.running()
    expect(ref).toMatchObject({ fence: 1, attempt: 1 })
    expect((await listLeases(given.db)).find(({ runId }) => runId === ref.runId)).toMatchObject({ fence: 1, worker: 'worker-1', leftMs: expect.any(Number) as unknown })
    expect(await readEvents(given.db, ref.runId, { after: 1, limit: 9 })).toMatchObject([{ seq: 2, attempt: 1, type: 'attempt.started', data: { worker: 'worker-1', fence: 1 } }])
  })

  it('never gives a run to two that claim at once', async () => {
    await drain()
    await Promise.all(Array.from({ length: 30 }, () => given.submit()))
    const claims = await Promise.all(Array.from({ length: 6 }, (_, index) => given.claim(8, `racer-${index}`)))
    const ids = claims.flat().map(({ runId }) => runId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(30)
  })

  it('holds the limit of an agent, also against others that claim at once, and lets others pass', async () => {
    await drain()
    const limited = await given.agent({ concurrency: 2 })
    await Promise.all(Array.from({ length: 6 }, () => given.submit({ agent: limited, priority: 9 })))
    const other = await given.submit()
    const claimed = (await Promise.all([given.claim(3), given.claim(3), given.claim(3)])).flat()
    expect(claimed.map(({ runId }) => runId)).toContain(other.id)
    expect(claimed).toHaveLength(3)
    const [done] = claimed.filter(({ runId }) => runId !== other.id)
    await given.log.end(done!, { reason: 'completed', detail: '' })
    expect(await given.claim(3)).toHaveLength(1)
  })

  it('leaves what is not due', async () => {
    await drain()
    const run = await given.submit({ delayMs: 60_000, priority: 100 })
    expect(await given.claim()).toEqual([])
    expect(await getRuns(given.db, [run.id])).toMatchObject([{ status: 'queued', queuedBecause: 'later' }])
  })
})

onBothDatabases('cancelling', (given) => {
  const types = async (runId: string) => (await readEvents(given.db, runId, { after: 0, limit: 100 })).map(({ type }) => type)
  const stop = (runId: string) => cancel(given, { actor: given.actor, runId })

  it('ends a queued run at once, and once', async () => {
    const run = await given.submit()
    const results = await Promise.all([stop(run.id), stop(run.id), stop(run.id)])
    expect(results.map(({ status, reason }) => ({ status, reason }))).toEqual(Array.from({ length: 3 }, () => ({ status: 'cancelled', reason: 'cancelled' })))
    expect(await types(run.id)).toEqual(['run.submitted', 'run.cancel_requested', 'run.ended'])
    expect(await given.claim()).toEqual([])
  })

  it('tells the worker of a running run, once in the log and each time it is asked', async () => {
    const ref = await given.running()
    const told: string[] = []
    const ignore = given.notifier.onCancelRequested(runId => told.push(runId))
    expect(await stop(ref.runId)).toMatchObject({ status: 'running', cancelRequestedAt: expect.any(String) as unknown })
    await stop(ref.runId)
    ignore()
    expect(told).toEqual([ref.runId, ref.runId])
    await given.log.append(ref, [output('still ours')])
    await given.log.end(ref, { reason: 'cancelled', detail: 'Stopped on request.' })
    expect(await types(ref.runId)).toEqual(['run.submitted', 'attempt.started', 'run.cancel_requested', 'step.output', 'run.ended'])
  })

  it('leaves an ended run as it is', async () => {
    const ref = await given.running()
    await given.log.end(ref, { reason: 'completed', detail: '' })
    expect(await stop(ref.runId)).toMatchObject({ status: 'succeeded', cancelRequestedAt: null })
  })

  it('races the end, the claim and the retry to exactly one terminal event', async () => {
    for (let round = 0; round < 8; round++) {
      const ref = await given.running(TWICE)
      await Promise.allSettled([
        stop(ref.runId),
        round % 2 === 0 ? given.log.end(ref, { reason: 'completed', detail: '' }) : given.log.retry(ref, { reason: 'error', detail: '', delayMs: 0 }),
        stop(ref.runId),
      ])
      const queued = await given.submit()
      await Promise.allSettled([stop(queued.id), given.claim(), stop(queued.id)])
      for (const left of await given.claim().then(refs => refs.concat(ref)))
        await given.log.end(left, { reason: 'cancelled', detail: '' }).catch(() => {}) // it may have ended before
      expect((await types(ref.runId)).filter(type => type === 'run.ended').length).toBeLessThanOrEqual(1)
    }
  })

  it('ends a run as cancelled that its worker wants to try again', async () => {
    const ref = await given.running(TWICE)
    await stop(ref.runId)
    await given.log.retry(ref, { reason: 'error', detail: '', delayMs: 0 })
    expect(await getRuns(given.db, [ref.runId])).toMatchObject([{ status: 'cancelled' }])
  })

  it('knows no run of another organisation', async () => {
    const run = await given.submit()
    await expect(cancel(given, { actor: { ...given.actor, organisationId: 'another' }, runId: run.id })).rejects.toThrow(RangeError)
    expect(await getRuns(given.db, [run.id])).toMatchObject([{ status: 'queued' }])
  })
})

onBothDatabases('rescuing', (given) => {
  const nobody = { worker: 'rescuer', isAlone: false, isHeld: () => false }

  it('queues a run again whose worker is gone, whatever its manifest says of retries', async () => {
    const runs = [await given.submit({ agent: await given.agent(TWICE) }), await given.submit()]
    const refs = await claimRuns(given.db, { worker: 'gone', slots: 9, leaseMs: -1 })
    expect((await rescue(given, nobody)).rescued.sort()).toEqual(runs.map(({ id }) => id).sort())
    expect(await getRuns(given.db, [runs[0]!.id])).toMatchObject([{ status: 'queued', attempt: 1 }])
    expect(await getRuns(given.db, [runs[1]!.id])).toMatchObject([{ status: 'queued', attempt: 1, failures: 0 }])
    await cancel(given, { actor: given.actor, runId: runs[1]!.id })
    await expect(given.log.append(refs[0]!, [output('from the dead')])).rejects.toThrow('no longer held')
    const [again] = await given.claim()
    expect(again).toEqual({ runId: runs[0]!.id, fence: 2, attempt: 2 })
    await expect(given.log.append(refs.find(({ runId }) => runId === again!.runId)!, [output('from the dead')])).rejects.toThrow('no longer held')
    await given.log.append(again!, [output('from the living')])
  })

  it('gives a run up that is lost five times in a row with nothing newly recorded, and not one that gets further', async () => {
    const runs = [await given.submit(), await given.submit()]
    for (let loss = 1; loss <= 5; loss++) {
      await given.db.batch([{ sql: `UPDATE runs SET "availableAt" = ${given.db.sql.now} WHERE "status" = 'queued'`, params: [] }])
      const refs = await claimRuns(given.db, { worker: 'gone', slots: 9, leaseMs: -1 })
      await given.log.append(refs.find(({ runId }) => runId === runs[1]!.id)!, [finished(loss)])
      await rescue(given, nobody)
    }
    const [poison, other] = await getRuns(given.db, runs.map(({ id }) => id))
    expect(poison).toMatchObject({ status: 'failed', reason: 'interrupted', deadLetteredAt: expect.any(String), detail: expect.stringContaining('5 times in a row') })
    expect(other).toMatchObject({ status: 'queued', attempt: 5, deadLetteredAt: null })
    await cancel(given, { actor: given.actor, runId: other!.id })
  })

  it('leaves leases that hold, and says when the next one may run out', async () => {
    const ref = await given.running()
    const { rescued, nextMs } = await rescue(given, nobody)
    expect(rescued).toEqual([])
    expect(nextMs).toBeGreaterThan(0)
    expect(nextMs).toBeLessThanOrEqual(30_000)
    expect((await rescue(given, { ...nobody, isAlone: true })).rescued).toContain(ref.runId)
  })

  it('ends as cancelled what somebody had asked to stop', async () => {
    const run = await given.submit({ agent: await given.agent(TWICE) })
    await claimRuns(given.db, { worker: 'gone', slots: 9, leaseMs: 30_000 })
    await cancel(given, { actor: given.actor, runId: run.id })
    await rescue(given, { ...nobody, isAlone: true })
    expect(await getRuns(given.db, [run.id])).toMatchObject([{ status: 'cancelled' }])
  })
})

onBothDatabases('the embedded queue', (given) => {
  const queues: Queue[] = []
  afterEach(async () => {
    await Promise.all(queues.splice(0).map(queue => queue.stop({ drainMs: 5_000 })))
  })

  function open(slots: number, handle: (claimed: ClaimedRun) => Promise<void>, leaseMs?: number): Queue {
    const queue = createEmbeddedQueue({ db: given.db, notifier: given.notifier, workerId: 'embedded', slots, ...leaseMs !== undefined && { leaseMs } })
    queues.push(queue)
    queue.start(handle)
    return queue
  }
  const finish = ({ ref }: ClaimedRun) => given.log.end(ref, { reason: 'completed', detail: '' }).then(() => {})

  async function ended(runId: string): Promise<void> {
    for await (const batch of follow({ db: given.db, notifier: given.notifier, runId, after: 0, signal: AbortSignal.timeout(20_000) })) {
      if (batch.at(-1)!.type === 'run.ended')
        return
    }
    throw new Error(`run ${runId} did not end`)
  }

  it('runs what was queued before it and what comes later, each once, never more than its slots', async () => {
    const before = await given.submit()
    const seen: string[] = []
    let most = 0
    const queue = open(3, async (claimed) => {
      seen.push(claimed.run.id)
      most = Math.max(most, queue.busy)
      await given.log.append(claimed.ref, [output('x')])
      await finish(claimed)
    })
    const runs = [before, ...await Promise.all(Array.from({ length: 20 }, () => given.submit()))]
    await Promise.all(runs.map(({ id }) => ended(id)))
    expect(seen.sort()).toEqual(runs.map(({ id }) => id).sort())
    expect(most).toBeLessThanOrEqual(3)
  })

  it('hands over the agent at the version that the run was submitted with', async () => {
    const agent = await given.agent({ description: 'as it was' })
    const run = await given.submit({ agent })
    const claimed = Promise.withResolvers<ClaimedRun>()
    open(1, async (one) => {
      claimed.resolve(one)
      await finish(one)
    })
    expect(await claimed.promise).toMatchObject({ run: { id: run.id, status: 'running' }, agent: { id: agent.id, version: 1, manifest: { description: 'as it was' } } })
  })

  it('runs a delayed and a retried run when they are due', async () => {
    const times: number[] = []
    open(2, async (claimed) => {
      times.push(claimed.ref.attempt)
      if (claimed.ref.attempt === 1 && claimed.run.maxAttempts > 1)
        await given.log.retry(claimed.ref, { reason: 'error', detail: 'again', delayMs: 30 })
      else
        await finish(claimed)
    })
    const delayed = await given.submit({ delayMs: 50 })
    await ended(delayed.id)
    const retried = await given.submit({ agent: await given.agent(TWICE) })
    await ended(retried.id)
    expect(times).toEqual([1, 1, 2])
  })

  it('asks nothing of the database while there is nothing to do', async () => {
    let asked = 0
    const count = <A extends unknown[], R>(act: (...args: A) => R) => (...args: A): R => {
      asked++
      return act(...args)
    }
    const db = { ...given.db, read: count(given.db.read), batch: count(given.db.batch), ask: count(given.db.ask) as typeof given.db.ask }
    const queue = createEmbeddedQueue({ db, notifier: given.notifier, workerId: 'idle', slots: 2, leaseMs: 300 })
    queues.push(queue)
    queue.start(finish)
    await ended((await given.submit()).id)
    await new Promise(resolve => setTimeout(resolve, 300)) // what the end of the run still asks
    const before = asked
    await new Promise(resolve => setTimeout(resolve, 1_000)) // there is no signal for nothing happening
    expect(asked).toBe(before)
  })

  it('keeps its leases while it works, and says when one is lost', async () => {
    const lost = Promise.withResolvers<string>()
    const kept = Promise.withResolvers<void>()
    open(1, async ({ ref, lostLease }) => {
      await new Promise(resolve => setTimeout(resolve, 900)) // three leases
      const { rescued } = await rescue(given, { worker: 'another', isAlone: false, isHeld: () => false })
      kept.resolve(rescued.length === 0 ? undefined : Promise.reject(new Error('the lease was not kept')))
      await rescue(given, { worker: 'another', isAlone: true, isHeld: () => false })
      lostLease.addEventListener('abort', () => lost.resolve(ref.runId))
      await lost.promise
    }, 300)
    const run = await given.submit()
    await kept.promise
    expect(await lost.promise).toBe(run.id)
    await cancel(given, { actor: given.actor, runId: run.id })
  })

  it('does not leave a run running that its handler gave up', async () => {
    open(1, async () => {
      throw new Error('the handler broke')
    })
    const run = await given.submit()
    await ended(run.id)
    expect(await getRuns(given.db, [run.id])).toMatchObject([{ status: 'failed', reason: 'interrupted', attempt: 5, deadLetteredAt: expect.any(String) }])
  })

  it('rescues at its start what the process before it left, on SQLite without waiting for a lease', async () => {
    const run = await given.submit()
    await claimRuns(given.db, { worker: 'the process before', slots: 1, leaseMs: given.dialect === 'sqlite' ? 3_600_000 : 200 })
    open(1, finish)
    await ended(run.id)
    expect(await getRuns(given.db, [run.id])).toMatchObject([{ status: 'succeeded', attempt: 2 }])
  })

  it('claims nothing once it is stopped, and waits for what runs', async () => {
    const go = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const queue = open(5, async (claimed) => {
      started.resolve()
      await go.promise
      await finish(claimed)
    })
    const run = await given.submit()
    await started.promise
    const stopped = queue.stop({ drainMs: 10_000 })
    const late = await given.submit()
    go.resolve()
    await stopped
    expect(await getRuns(given.db, [run.id])).toMatchObject([{ status: 'succeeded' }])
    expect(await getRuns(given.db, [late.id])).toMatchObject([{ status: 'queued' }])
    await cancel(given, { actor: given.actor, runId: late.id })
  })
})
