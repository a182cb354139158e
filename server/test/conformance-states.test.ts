import type { RunStatus } from '../src/domain/run.ts'
import type { RunRef } from '../src/store/run-append.ts'
import type { Given } from './conformance-harness.ts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isFinal, MAX_LOSSES } from '../src/domain/run.ts'
import { cancel } from '../src/queue/cancel.ts'
import { prune } from '../src/queue/prune.ts'
import { take } from '../src/queue/rescue.ts'
import { FenceLostError } from '../src/store/errors.ts'
import { countRuns, getRuns } from '../src/store/runs.ts'
import { checkDatabase } from './checker.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { output } from './conformance-output.ts'

const ATTEMPTS = 2
const RETRIES = { retry: { attempts: ATTEMPTS, delayMs: 0, maxDelayMs: 0, factor: 1, jitter: false } }

/** What a run should be, by the state diagram alone. `refs`: every claim that ever was, the last one perhaps in force. */
interface Model { status: RunStatus, attempt: number, isCancelRequested: boolean, losses: number, refs: RunRef[] }

const WORDS = ['submit', 'claim', 'append', 'append late', 'complete', 'fail', 'retry', 'cancel', 'rescue', 'prune'] as const
const story = fc.array(fc.tuple(fc.constantFrom(...WORDS), fc.nat()), { minLength: 5, maxLength: 40 })

onBothDatabases('the states of a run', (given) => {
  it('move as the diagram has them, whatever is done in whatever order', async () => {
    const agent = await given.agent(RETRIES)
    await fc.assert(fc.asyncProperty(story, async (steps) => {
      const runs = new Map<string, Model>()
      for (const [word, pick] of [['submit', 0] as const, ...steps])
        await act(given, agent, runs, word, pick)
      for (const view of await getRuns(given.db, [...runs.keys()]))
        expect({ status: view.status, attempt: view.attempt }).toEqual({ status: runs.get(view.id)!.status, attempt: runs.get(view.id)!.attempt })
      expect(await checkDatabase(given.db)).toEqual([])
      await clear(given, runs)
    }), { numRuns: 12 })
  })
})

async function act(given: Given, agent: Awaited<ReturnType<Given['agent']>>, runs: Map<string, Model>, word: (typeof WORDS)[number], pick: number): Promise<void> {
  if (word === 'submit') {
    const { id } = await given.submit({ agent })
    runs.set(id, { status: 'queued', attempt: 0, isCancelRequested: false, losses: 0, refs: [] })
    return
  }
  if (word === 'claim') {
    // The wait after a second loss is over.
    await given.db.batch([{ sql: `UPDATE runs SET "availableAt" = ${given.db.sql.now} WHERE "status" = 'queued'`, params: [] }])
    const refs = await given.claim()
    expect(refs.map(({ runId }) => runId).sort()).toEqual([...runs].filter(([, model]) => model.status === 'queued').map(([id]) => id).sort())
    for (const ref of refs) {
      const model = runs.get(ref.runId)!
      Object.assign(model, { status: 'running', attempt: model.attempt + 1, refs: [...model.refs, ref] })
    }
    return
  }
  const [id, model] = [...runs][pick % runs.size] ?? []
  if (!id || !model)
    return
  const isRunning = model.status === 'running'
  const held = model.refs.at(-1)
  const guarded = async (ref: RunRef | undefined, isInForce: boolean, write: (ref: RunRef) => Promise<unknown>, then: () => void) => {
    if (!ref)
      return
    if (isInForce) {
      await write(ref)
      then()
    }
    else {
      await expect(write(ref)).rejects.toThrow(FenceLostError)
    }
  }
  const again = (): void => void (model.status = model.isCancelRequested ? 'cancelled' : 'queued')

  switch (word) {
    case 'append':
      return guarded(held, isRunning, ref => given.log.append(ref, [output('x')]), () => {})
    case 'append late':
      return guarded(model.refs.at(-2), false, ref => given.log.append(ref, [output('late')]), () => {})
    case 'complete':
      return guarded(held, isRunning, ref => given.log.end(ref, { reason: 'completed', detail: '' }), () => void (model.status = 'succeeded'))
    case 'fail':
      return guarded(held, isRunning, ref => given.log.end(ref, { reason: 'timeout', detail: '' }), () => void (model.status = 'failed'))
    case 'retry':
      return guarded(held, isRunning, ref => given.log.retry(ref, { reason: 'error', detail: '', delayMs: 0 }), () => {
        model.losses = 0
        again()
      })
    case 'rescue':
      if (held && await take(given, held, 'gone')) {
        expect(isRunning).toBe(true)
        model.losses++
        model.losses < MAX_LOSSES || model.isCancelRequested ? again() : model.status = 'failed'
      }
      return
    case 'cancel':
      await cancel(given, { actor: given.actor, runId: id })
      if (isRunning)
        model.isCancelRequested = true
      else if (!isFinal(model.status))
        model.status = 'cancelled'
      return
    case 'prune':
      expect((await prune(given, { organisationId: given.actor.organisationId, ids: [id] })).removed).toEqual(isFinal(model.status) ? [id] : [])
      if (isFinal(model.status))
        runs.delete(id)
  }
}

async function clear(given: Given, runs: Map<string, Model>): Promise<void> {
  for (const [runId, { status, refs }] of runs) {
    await cancel(given, { actor: given.actor, runId })
    if (status === 'running')
      await given.log.end(refs.at(-1)!, { reason: 'cancelled', detail: '' })
  }
  await prune(given, { organisationId: given.actor.organisationId })
  expect(Object.values(await countRuns(given.db, given.actor.organisationId)).every(count => count === 0)).toBe(true)
}
