import type { RunStatus } from '../src/domain/run.ts'
import type { AgentRow } from '../src/store/agents.ts'
import type { RunRef } from '../src/store/run-append.ts'
import type { Acknowledgement, SeenLog } from './checker/clients.ts'
import type { Given } from './conformance-harness.ts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { event } from '../src/domain/event.ts'
import { unknownEffect } from '../src/domain/resume/settle.ts'
import { isFinal, MAX_LOSSES } from '../src/domain/run.ts'
import { follow } from '../src/events/follow.ts'
import { cancel } from '../src/queue/cancel.ts'
import { prune } from '../src/queue/prune.ts'
import { rescue } from '../src/queue/rescue.ts'
import { settle, SettleError } from '../src/queue/settle.ts'
import { claimRuns } from '../src/store/claim.ts'
import { FenceLostError } from '../src/store/errors.ts'
import { extendLeases } from '../src/store/leases.ts'
import { getRuns } from '../src/store/runs.ts'
import { checkDatabase } from './checker.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { finished, output } from './conformance-output.ts'

/**
 * Workers that claim, write, lose, park and give back runs in any order, beside people who submit, settle, stop, follow and prune: the store against a
 * small model of what it must be, and all that was told to anybody against what is stored.
 */

const WORKERS = ['worker-a', 'worker-b'] as const
/** No run comes to its last one here: how often each may fail is told in conformance-states. */
const MANIFEST = { retry: { attempts: 1_000, delayMs: 0, maxDelayMs: 0, factor: 1, jitter: false }, concurrency: 3 }
const CONCURRENCY = 3

interface Run {
  status: RunStatus
  isDue: boolean
  isCancelRequested: boolean
  /** Every claim that ever was; the last one is in force while it runs. */
  refs: RunRef[]
  worker: string
  hasLease: boolean
  /** In a row, with nothing recorded in between. */
  losses: number
  /** Something was recorded since the last one. */
  hasRecorded: boolean
  /** Effects whose outcome nobody knew; it waits for a person because of the last one. */
  effects: number
}
interface Model { runs: Map<string, Run> }
interface Real { given: Given, agent: AgentRow, acknowledged: Acknowledgement[], seen: SeenLog[], following: Promise<void>[], stop: AbortController }
type Command = fc.AsyncCommand<Model, Real>

onBothDatabases('the store, whatever workers and people do', (given) => {
  it('moves runs as a small model of it does, and takes nothing back that it has told anybody', async () => {
    const commands = fc.commands(ALL, { maxCommands: 60, size: 'max' })
    await fc.assert(fc.asyncProperty(commands, async (story) => {
      const stop = new AbortController()
      const real: Real = { given, agent: await given.agent(MANIFEST), acknowledged: [], seen: [], following: [], stop }
      const model: Model = { runs: new Map() }
      await fc.asyncModelRun(() => ({ model, real }), story)

      for (const view of await getRuns(given.db, [...model.runs.keys()]))
        expect([view.id, view.status]).toEqual([view.id, model.runs.get(view.id)!.status])
      await finish(model, real)
      await Promise.all(real.following)
      expect(await checkDatabase(given.db, { acknowledged: real.acknowledged, seen: real.seen, isSettled: true })).toEqual([])
      await prune(given, { organisationId: given.actor.organisationId })
    }), { numRuns: 12 })
  }, 60_000)
})

const ALL: fc.Arbitrary<Command>[] = [
  fc.boolean().map(isDue => submitting(isDue)),
  fc.tuple(fc.constantFrom(...WORKERS), fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([worker, slots, isShort]) => claiming(worker, slots, isShort)),
  fc.nat().map(pick => appending(pick)),
  fc.nat().map(pick => writingLate(pick)),
  fc.nat().map(pick => ending(pick)),
  fc.nat().map(pick => retrying(pick)),
  fc.nat().map(pick => parking(pick)),
  fc.nat().map(pick => settling(pick)),
  fc.nat().map(pick => settlingLate(pick)),
  fc.nat().map(pick => racingPeople(pick)),
  fc.constantFrom(...WORKERS).map(worker => beating(worker)),
  fc.constantFrom(...WORKERS).map(worker => rescuing(worker)),
  fc.nat().map(pick => cancelling(pick)),
  fc.nat().map(pick => racing(pick)),
  fc.tuple(fc.nat(), fc.nat()).map(([pick, after]) => following(pick, after)),
  fc.nat().map(pick => pruning(pick)),
]

function submitting(isDue: boolean): Command {
  return command(`submit${isDue ? '' : ' for later'}`, () => true, async ({ runs }, { given, agent, acknowledged }) => {
    const run = await given.submit({ agent, ...isDue ? {} : { delayMs: 3_600_000 } })
    acknowledged.push({ kind: 'submitted', runId: run.id, task: run.task })
    runs.set(run.id, { status: 'queued', isDue, isCancelRequested: false, refs: [], worker: '', hasLease: false, losses: 0, hasRecorded: false, effects: 0 })
  })
}

function claiming(worker: string, slots: number, isShort: boolean): Command {
  return command(`${worker} claims ${slots}${isShort ? ', and is gone' : ''}`, () => true, async ({ runs }, { given }) => {
    // The wait after a second loss is over.
    await given.db.batch([{ sql: `UPDATE runs SET "availableAt" = ${given.db.sql.now} WHERE "status" = 'queued' AND "losses" > 1`, params: [] }])
    const due = [...runs].filter(([, run]) => run.status === 'queued' && run.isDue)
    const running = [...runs].filter(([, run]) => run.status === 'running').length
    const refs = await claimRuns(given.db, { worker, slots, leaseMs: isShort ? 0 : 600_000 })
    expect(refs).toHaveLength(Math.min(due.length, slots, CONCURRENCY - running))
    for (const ref of refs) {
      const run = runs.get(ref.runId)!
      expect(run.status).toBe('queued')
      expect(ref.fence).toBeGreaterThan(run.refs.at(-1)?.fence ?? 0)
      Object.assign(run, { status: 'running', refs: [...run.refs, ref], worker, hasLease: !isShort })
    }
  })
}

function appending(pick: number): Command {
  return onRun('append', pick, run => run.status === 'running', async (id, run, { given, acknowledged }) => {
    const texts = [`${pick}`, `${pick + 1}`]
    const isRecorded = pick % 2 === 0
    const { lastSeq } = await given.log.append(run.refs.at(-1)!, [...isRecorded ? [finished(1)] : [], ...texts.map(output)])
    acknowledged.push({ kind: 'appended', runId: id, lastSeq, texts })
    run.hasRecorded ||= isRecorded
  })
}

/** Under an old fence, or after the run was taken away: nothing of it may be stored. */
function writingLate(pick: number): Command {
  return onRun('write late', pick, run => staleRefs(run).length > 0, async (_, run, { given }) => {
    const stale = staleRefs(run)
    const ref = stale[pick % stale.length]!
    await expect(given.log.append(ref, [output('late')])).rejects.toThrow(FenceLostError)
    await expect(given.log.end(ref, { reason: 'completed', detail: '' })).rejects.toThrow(FenceLostError)
    await expect(given.log.retry(ref, { reason: 'error', detail: '', delayMs: 0 })).rejects.toThrow(FenceLostError)
  })
}

function staleRefs({ status, refs }: Run): RunRef[] {
  return status === 'running' ? refs.slice(0, -1) : refs
}

function ending(pick: number): Command {
  return onRun('end', pick, run => run.status === 'running', async (_, run, { given }) => {
    await given.log.end(run.refs.at(-1)!, { reason: pick % 2 === 0 ? 'completed' : 'timeout', detail: '' })
    run.status = pick % 2 === 0 ? 'succeeded' : 'failed'
  })
}

function retrying(pick: number): Command {
  return onRun('retry', pick, run => run.status === 'running', async (_, run, { given }) => {
    await given.log.retry(run.refs.at(-1)!, { reason: 'error', detail: '', delayMs: 0 })
    Object.assign(run, { status: run.isCancelRequested ? 'cancelled' : 'queued', losses: 0, hasRecorded: false })
  })
}

/** It waits for a person, who has to say what became of an effect. */
function parking(pick: number): Command {
  return onRun('park', pick, run => run.status === 'running', async (id, run, { given }) => {
    const ref = run.refs.at(-1)!
    const effect = { effect: `e${++run.effects}`, step: run.effects, call: null, place: 0, name: 'work', command: 'work', startedAt: '2026-01-01T00:00:00.000Z' }
    await given.log.append(ref, [event('step.started', { step: effect.step, name: 'work', kind: 'command', command: 'work', try: 1 }), unknownEffect(effect)])
    await given.log.park(ref, { detail: '', waitingFor: { kind: 'settlement', ...effect }, isStored: pick % 2 === 0 })
    run.status = run.isCancelRequested ? 'cancelled' : 'waiting'
  })
}

function settling(pick: number): Command {
  return onRun('settle', pick, run => run.status === 'waiting', async (id, run, { given }) => {
    const as = (['done', 'failed', 'repeat'] as const)[pick % 3]!
    const [view] = await getRuns(given.db, [id])
    const settled = await settle(given, { actor: given.actor, run: view!, effect: pick % 2 === 0 ? `e${run.effects}` : null, as, note: null })
    run.status = as === 'failed' ? 'failed' : 'queued'
    expect(settled.status).toBe(run.status)
  })
}

/** What waits for nothing, or for something else, is not settled. */
function settlingLate(pick: number): Command {
  return onRun('settle late', pick, () => true, async (id, run, { given }) => {
    const [view] = await getRuns(given.db, [id])
    const effect = run.status === 'waiting' ? 'another' : null
    await expect(settle(given, { actor: given.actor, run: view!, effect, as: 'done', note: null })).rejects.toThrow(SettleError)
  })
}

/** Two people settle it and a third one stops it, at once: one word counts, and it is over. */
function racingPeople(pick: number): Command {
  return onRun('race of people', pick, run => run.status === 'waiting', async (id, run, { given, acknowledged }) => {
    const [view] = await getRuns(given.db, [id])
    const [done, repeat, stopped] = await Promise.allSettled([
      settle(given, { actor: given.actor, run: view!, effect: null, as: 'done', note: null }),
      settle(given, { actor: given.actor, run: view!, effect: null, as: 'repeat', note: null }),
      cancel(given, { actor: given.actor, runId: id }),
    ])
    expect(stopped.status).toBe('fulfilled')
    acknowledged.push({ kind: 'cancelled', runId: id })
    const refused = [done, repeat].flatMap(one => one.status === 'rejected' ? [one.reason] : [])
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(refused.every(reason => reason instanceof SettleError)).toBe(true)
    run.status = 'cancelled'
  })
}

function beating(worker: string): Command {
  return command(`${worker} beats`, () => true, async ({ runs }, { given }) => {
    const own = [...runs].filter(([, run]) => run.refs.length > 0 && run.worker === worker)
    const kept = await extendLeases(given.db, worker, own.map(([, run]) => run.refs.at(-1)!), 600_000)
    expect([...kept.keys()].sort()).toEqual(own.filter(([, run]) => run.status === 'running').map(([id]) => id).sort())
    for (const [id, { isCancelRequested }] of kept) {
      expect(isCancelRequested).toBe(runs.get(id)!.isCancelRequested)
      runs.get(id)!.hasLease = true
    }
  })
}

/** Takes what has no lease any more, and nothing else. */
function rescuing(worker: string): Command {
  // A run that is poison ends; here none comes to that.
  const isWorth = ({ runs }: Model): boolean => [...runs.values()].every(run => run.losses < MAX_LOSSES - 1)
  return command(`${worker} rescues`, isWorth, async ({ runs }, { given }) => {
    const lost = [...runs].filter(([, run]) => run.status === 'running' && !run.hasLease)
    const { rescued } = await rescue(given, { worker, isAlone: false, isHeld: () => false })
    expect(rescued.sort()).toEqual(lost.map(([id]) => id).sort())
    for (const [, run] of lost)
      Object.assign(run, { status: run.isCancelRequested ? 'cancelled' : 'queued', losses: run.hasRecorded ? 1 : run.losses + 1, hasRecorded: false })
  })
}

function cancelling(pick: number): Command {
  return onRun('cancel', pick, () => true, async (id, run, { given, acknowledged }) => {
    await cancel(given, { actor: given.actor, runId: id })
    acknowledged.push({ kind: 'cancelled', runId: id })
    if (run.status === 'running')
      run.isCancelRequested = true
    else if (!isFinal(run.status))
      run.status = 'cancelled'
  })
}

/** A person, its worker and a rescue at once: one of them wins, and the others are told. */
function racing(pick: number): Command {
  return onRun('race', pick, run => run.status === 'running' && run.losses < MAX_LOSSES - 1, async (id, run, { given, acknowledged }) => {
    const ref = run.refs.at(-1)!
    const [end, retry, append] = await Promise.allSettled([
      given.log.end(ref, { reason: 'completed', detail: '' }),
      pick % 2 === 0 ? given.log.retry(ref, { reason: 'error', detail: '', delayMs: 0 }) : Promise.reject(new FenceLostError(id, ref.fence)),
      given.log.append(ref, [output('in the race')]),
      cancel(given, { actor: given.actor, runId: id }),
    ])
    acknowledged.push({ kind: 'cancelled', runId: id })
    if (append.status === 'fulfilled')
      acknowledged.push({ kind: 'appended', runId: id, lastSeq: append.value.lastSeq, texts: ['in the race'] })
    for (const one of [end, retry, append]) {
      if (one.status === 'rejected')
        expect(one.reason).toBeInstanceOf(FenceLostError)
    }
    expect([end, retry].filter(one => one.status === 'fulfilled')).toHaveLength(1)
    const [view] = await getRuns(given.db, [id])
    // What was queued again before the stop came was stopped there.
    expect(end.status === 'fulfilled' ? ['succeeded'] : ['cancelled']).toContain(view!.status)
    run.status = view!.status
  })
}

function following(pick: number, after: number): Command {
  return onRun('follow', pick, () => true, async (id, _, { given, seen, following, stop }) => {
    const [view] = await getRuns(given.db, [id])
    const log: SeenLog = { client: `follower ${seen.length}`, runId: id, after: after % (view!.lastSeq + 1), events: [], isWhole: false }
    seen.push(log)
    following.push((async () => {
      for await (const batch of follow({ ...given, runId: id, after: log.after, signal: stop.signal }))
        log.events.push(...batch)
      log.isWhole = true
    })())
  })
}

function pruning(pick: number): Command {
  return onRun('prune', pick, () => true, async (id, run, { given, acknowledged, seen }) => {
    // Whoever followed it has nothing to be held against any more.
    const isFollowed = seen.some(({ runId }) => runId === id)
    if (isFinal(run.status) && isFollowed)
      return
    const { removed } = await prune(given, { organisationId: given.actor.organisationId, ids: [id] })
    expect(removed).toEqual(isFinal(run.status) ? [id] : [])
    if (removed.length > 0)
      acknowledged.push({ kind: 'pruned', runId: id })
  }, (runs, id) => isFinal(runs.get(id)!.status) && runs.delete(id))
}

/** Everything comes to an end, so that every follower has. */
async function finish({ runs }: Model, { given }: Real): Promise<void> {
  for (const [runId, { status, refs }] of runs) {
    await cancel(given, { actor: given.actor, runId })
    if (status === 'running')
      await given.log.end(refs.at(-1)!, { reason: 'cancelled', detail: '' })
  }
}

function command(name: string, check: (model: Model) => boolean, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: model => check(model), run, toString: () => name }
}

function onRun(name: string, pick: number, check: (run: Run) => boolean, act: (id: string, run: Run, real: Real) => Promise<void>, then: (runs: Model['runs'], id: string) => unknown = () => {}): Command {
  const fitting = ({ runs }: Model): [string, Run][] => [...runs].filter(([, run]) => check(run))
  return command(`${name} ${pick}`, model => fitting(model).length > 0, async (model, real) => {
    const all = fitting(model)
    const [id, run] = all[pick % all.length]!
    await act(id, run, real)
    then(model.runs, id)
  })
}
