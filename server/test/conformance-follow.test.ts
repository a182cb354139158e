import type { RunEvent } from '../src/domain/event.ts'
import type { WatchUpdate } from '../src/domain/views/run.ts'
import { expect, it } from 'vitest'
import { follow } from '../src/events/follow.ts'
import { watchRuns } from '../src/events/watch.ts'
import { prune } from '../src/queue/prune.ts'
import { CursorError } from '../src/store/errors.ts'
import { readEvents } from '../src/store/events.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { output } from './conformance-output.ts'

onBothDatabases('follow', (given) => {
  const from = (runId: string, after: number, signal = new AbortController().signal, pageSize?: number) =>
    follow({ db: given.db, notifier: given.notifier, runId, after, signal, ...pageSize !== undefined && { pageSize } })

  async function collect(batches: AsyncGenerator<RunEvent[]>): Promise<RunEvent[]> {
    const all: RunEvent[] = []
    for await (const batch of batches)
      all.push(...batch)
    return all
  }

  it('gives every event once and in order to readers that come at any time while it is written, and returns after the end', async () => {
    const ref = await given.running()
    const readers = [collect(from(ref.runId, 0)), collect(from(ref.runId, 2, undefined, 3))]
    for (let round = 0; round < 30; round++) {
      const appends = [given.log.append(ref, [output(`${round}`)]), given.log.append(ref, [output('a'), output('b')])]
      if (round % 10 === 5)
        readers.push(collect(from(ref.runId, round, undefined, 7)))
      await (round % 3 === 0 ? Promise.all(appends) : appends[0])
    }
    await given.log.end(ref, { reason: 'completed', detail: '' })
    const stored = await readEvents(given.db, ref.runId, { after: 0, limit: 1000 })
    expect(stored).toHaveLength(93)
    const seen = await Promise.all(readers)
    for (const [index, after] of [0, 2, 5, 15, 25].entries())
      expect(seen[index]).toEqual(stored.slice(after))
  })

  it('gives an ended run page by page, and nothing after its end', async () => {
    const ref = await given.running()
    await given.log.append(ref, Array.from({ length: 9 }, (_, index) => output(`${index}`)))
    await given.log.end(ref, { reason: 'completed', detail: '' })
    const sizes = []
    for await (const batch of from(ref.runId, 0, undefined, 5))
      sizes.push(batch.length)
    expect(sizes).toEqual([5, 5, 2])
    expect(await collect(from(ref.runId, 12))).toEqual([])
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3, 1_000_000])('refuses the cursor %s of a log of two events', async (after) => {
    const ref = await given.running()
    await expect(from(ref.runId, after).next()).rejects.toThrow(CursorError)
  })

  it('refuses a run that is not there', async () => {
    await expect(from('nosuchrun', 0).next()).rejects.toThrow(CursorError)
  })

  it('returns when its signal is aborted, while it waits', async () => {
    const ref = await given.running()
    const stop = new AbortController()
    const batches = from(ref.runId, 0, stop.signal)
    await batches.next()
    const waiting = batches.next()
    stop.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('returns when the run is pruned', async () => {
    const ref = await given.running()
    await given.log.end(ref, { reason: 'completed', detail: '' })
    const batches = from(ref.runId, 0, undefined, 1)
    await batches.next()
    await prune(given, { organisationId: given.actor.organisationId, ids: [ref.runId] })
    expect((await batches.next()).done).toBe(true)
  })
})

onBothDatabases('watch', (given) => {
  it('begins with what is live, then shows what has changed, with the counts', async () => {
    const ref = await given.running()
    const stop = new AbortController()
    const updates = watchRuns({ db: given.db, notifier: given.notifier, organisationId: given.actor.organisationId, signal: stop.signal })
    const first = (await updates.next()).value as WatchUpdate // it does not return before it is aborted
    expect(first).toMatchObject({ counts: { running: 1, queued: 0 }, runs: [{ id: ref.runId, status: 'running' }], removed: [] })

    await given.log.end(ref, { reason: 'completed', detail: '' })
    await given.submit()
    given.notifier.agentsChanged()
    const second = (await updates.next()).value as WatchUpdate // as above
    expect(second.counts).toMatchObject({ running: 0, queued: 1, succeeded: 1 })
    expect(second.runs.map(({ status }) => status).sort()).toEqual(['queued', 'succeeded'])
    expect(second.agentsChanged).toBe(true)

    await prune(given, { organisationId: given.actor.organisationId })
    expect(await updates.next()).toMatchObject({ value: { removed: [ref.runId], runs: [], agentsChanged: false, counts: { succeeded: 0 } } })
    const waiting = updates.next()
    stop.abort()
    expect((await waiting).done).toBe(true)
  })

  it('makes one update of many changes', async () => {
    const ref = await given.running()
    const stop = new AbortController()
    const updates = watchRuns({ db: given.db, notifier: given.notifier, organisationId: given.actor.organisationId, signal: stop.signal })
    await updates.next()
    for (let index = 0; index < 20; index++)
      await given.log.append(ref, [output('x')])
    expect(await updates.next()).toMatchObject({ value: { runs: [{ id: ref.runId, lastSeq: 22 }] } })
    stop.abort()
    expect((await updates.next()).done).toBe(true)
  })
})
