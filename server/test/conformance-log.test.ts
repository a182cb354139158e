import { expect, it } from 'vitest'
import { event } from '../src/domain/event.ts'
import { endRun } from '../src/store/end-run.ts'
import { FenceLostError } from '../src/store/errors.ts'
import { readEvents } from '../src/store/events.ts'
import { getRuns } from '../src/store/runs.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { output } from './conformance-output.ts'

onBothDatabases('the event log', (given) => {
  const read = (runId: string, after = 0, limit = 10_000) => readEvents(given.db, runId, { after, limit })

  it('gives back what was appended: order, type, time, attempt and data', async () => {
    const ref = await given.running()
    const written = [output('one'), output('two'), event('limit.reached', { limit: 'output', used: 2.5, allowed: 2 })]
    const { lastSeq } = await given.log.append(ref, written)
    expect(lastSeq).toBe(5)
    expect(await read(ref.runId, 2)).toEqual(written.map((one, index) => ({ ...one, seq: index + 3, attempt: 1 })))
  })

  it('pages by the seq alone', async () => {
    const ref = await given.running()
    await given.log.append(ref, ['a', 'b', 'c', 'd'].map(output))
    expect((await read(ref.runId, 3, 2)).map(({ seq }) => seq)).toEqual([4, 5])
    expect(await read(ref.runId, 6)).toEqual([])
  })

  it('keeps any text that a process may print', async () => {
    const ref = await given.running()
    const texts = ['a\0b', '\uD800 alone', '\x1B]52;c;aGk=\x07\x1B[31mred', '€ 漢字 👩‍👩‍👧', '\u2028\u2029', '\'"\\`${}$1;--', 'x'.repeat(300_000)]
    await given.log.append(ref, texts.map(output))
    const stored = await read(ref.runId, 2)
    expect(stored.map(one => one.type === 'step.output' && one.data.text)).toEqual(texts)
  })

  it('stores appends of many runs together, each dense in its own log and in the order of the calls', async () => {
    const refs = await Promise.all(Array.from({ length: 6 }, () => given.submit())).then(() => given.claim())
    const acknowledged = await Promise.all(Array.from({ length: 40 }, (_, index) => {
      const ref = refs[index % refs.length]!
      return given.log.append(ref, [output(`${index} first`), output(`${index} second`)]).then(({ lastSeq }) => ({ ref, index, lastSeq }))
    }))
    for (const { ref, index, lastSeq } of acknowledged) {
      const [first, second] = await read(ref.runId, lastSeq - 2, 2)
      expect([first, second]).toMatchObject([{ seq: lastSeq - 1, data: { text: `${index} first` } }, { seq: lastSeq, data: { text: `${index} second` } }])
    }
  })

  it('refuses an append under an old fence and stores those of other runs that are in the same commit', async () => {
    const [mine, other] = [await given.running(), await given.running()]
    const stale = { ...mine, fence: mine.fence - 1 }
    const outcomes = await Promise.allSettled([
      given.log.append(other, [output('before')]),
      given.log.append(stale, [output('never')]),
      given.log.append(mine, [output('mine')]),
      given.log.append(other, [output('after')]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: expect.any(FenceLostError) as unknown })
    expect(await read(mine.runId, 2)).toMatchObject([{ data: { text: 'mine' } }])
    expect(await read(other.runId, 2)).toMatchObject([{ data: { text: 'before' } }, { data: { text: 'after' } }])
  })

  it('takes nothing for a run that has ended', async () => {
    const ref = await given.running()
    await given.log.end(ref, { reason: 'completed', detail: '' })
    await expect(given.log.append(ref, [output('late')])).rejects.toThrow(FenceLostError)
    await expect(given.log.end(ref, { reason: 'error', detail: '' })).rejects.toThrow(FenceLostError)
    await expect(given.log.retry(ref, { reason: 'error', detail: '', delayMs: 0 })).rejects.toThrow(FenceLostError)
  })

  it('ends a run after everything that was appended for it, with the sums over its log', async () => {
    const ref = await given.running()
    const respond = (costUsd: number | null) => event('model.responded', { step: 2, model: 'm', text: '', finish: 'stop', toolCalls: [], usage: { inputTokens: 10, outputTokens: 5 }, costUsd, durationMs: 1 })
    const written = [
      given.log.append(ref, [event('step.started', { step: 1, name: 'count', kind: 'command', try: 1 }), output('äb')]),
      given.log.append(ref, [event('step.started', { step: 2, name: 'think', kind: 'model', try: 1 }), respond(0.25), respond(null), respond(0.5)]),
    ]
    await given.log.end(ref, { reason: 'error', detail: 'step 2 failed', survivors: 3 })
    await Promise.all(written)
    const events = await read(ref.runId)
    const figures = { steps: 2, outputBytes: 3, tokens: 45, costUsd: 0.75 }
    expect(events.at(-1)).toMatchObject({ type: 'run.ended', seq: 9, data: { status: 'failed', reason: 'error', detail: 'step 2 failed', survivors: 3, ...figures } })
    expect(await getRuns(given.db, [ref.runId])).toMatchObject([{ status: 'failed', reason: 'error', detail: 'step 2 failed', now: null, lastSeq: 9, ...figures }])
  })

  it('shows on the run what it does now and at which level it is isolated', async () => {
    const ref = await given.running()
    const look = async () => (await getRuns(given.db, [ref.runId]))[0]
    await given.log.append(ref, [
      event('sandbox.opened', { level: 'sandbox', by: 'bubblewrap', durationMs: 5 }),
      event('step.started', { step: 1, name: 'count files', kind: 'command', try: 1 }),
    ])
    expect(await look()).toMatchObject({ now: 'count files', isolation: 'sandbox', isolationBy: 'bubblewrap', steps: 1 })
    await given.log.append(ref, [output('x')])
    expect(await look()).toMatchObject({ now: 'count files' })
    await given.log.append(ref, [event('step.finished', { step: 1, status: 'succeeded', durationMs: 1 })])
    expect(await look()).toMatchObject({ now: null })
  })

  it('moves a run once when the same end is sent twice because its answer was lost', async () => {
    const ref = await given.running()
    const first = await endRun(given.db, ref, { reason: 'completed', detail: '' }, 'the-same-mark')
    const again = await endRun(given.db, ref, { reason: 'completed', detail: '' }, 'the-same-mark')
    expect(again).toEqual(first)
    expect(await read(ref.runId)).toHaveLength(3)
  })
})
