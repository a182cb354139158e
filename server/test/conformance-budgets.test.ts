import type { Wish } from '../src/domain/budget.ts'
import type { RunRef } from '../src/store/run-append.ts'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { event } from '../src/domain/event.ts'
import { listBudgets, removeBudget, setBudget } from '../src/store/budgets.ts'
import { newId } from '../src/store/id.ts'
import { lostCalls, releaseHold, settleLostHolds } from '../src/store/lost-holds.ts'
import { deleteRuns } from '../src/store/prune.ts'
import { reserve } from '../src/store/reserve.ts'
import { getRuns } from '../src/store/runs.ts'
import { onBothDatabases } from './conformance-harness.ts'

/** 100 tokens asked, up to 100 answered, a thousandth of a dollar for each. */
const WISH: Wish = { inputTokens: 100, outputTokens: 100, leastOutputTokens: 100, nanos: output => (100 + output) * 1_000_000 }

onBothDatabases('budgets', (given) => {
  const spenderOf = async (ref: RunRef, limits = { nanos: null as number | null, tokens: null as number | null }) => {
    const [run] = await getRuns(given.db, [ref.runId])
    return { ref, organisationId: given.actor.organisationId, agentId: run!.agentId, limits }
  }
  const budgetOf = async (agentId: string, limits: { limitUsd?: number, limitTokens?: number }, period: 'day' | 'total' = 'total') =>
    setBudget(given.db, { actor: given.actor, scope: 'agent', scopeId: agentId, period, timezone: 'UTC', limitUsd: null, limitTokens: null, ...limits })
  const standing = async (id: string) => (await listBudgets(given.db, given.actor.organisationId)).find(one => one.id === id)!.spent!
  const answer = (ref: RunRef, call: string | undefined, usage: { inputTokens: number, outputTokens: number }, costUsd: number) =>
    given.log.append(ref, [event('model.responded', { step: 1, model: 'a/b', text: '', finish: 'stop', toolCalls: [], usage, costUsd, durationMs: 1, ...call !== undefined && { call } })])

  it('are never overdrawn by fifty runs that reserve, answer and reserve again at the same time', async () => {
    const agent = await given.agent()
    const runs = await Promise.all(Array.from({ length: 50 }, () => given.submit({ agent })))
    const refs = (await given.claim(50)).filter(ref => runs.some(run => run.id === ref.runId))
    expect(refs).toHaveLength(50)
    const id = await budgetOf(agent.id, { limitUsd: 10 }) // fifty calls of 20 cents at worst, which come to 10 cents each
    let isOver = false
    const watching = (async () => {
      const seen: number[] = []
      while (!isOver) {
        const { usd, heldUsd } = await standing(id)
        seen.push(usd + heldUsd)
        await setTimeout(3)
      }
      return seen
    })()
    let made = 0
    let refused = 0
    await Promise.all(refs.map(async (ref) => {
      const spender = await spenderOf(ref)
      for (let turn = 0; turn < 5; turn++) {
        const call = newId()
        const held = await reserve(given.db, spender, { call, step: 1, model: 'a/b', wish: WISH })
        if (!held!.ok) {
          refused++
          expect(held).toMatchObject({ unit: 'usd', standing: { budgetId: id, limitNanos: 10e9 } })
          return
        }
        made++
        await answer(ref, call, { inputTokens: 50, outputTokens: 50 }, 0.1)
      }
    }))
    isOver = true
    const seen = await watching
    expect(Math.max(...seen)).toBeLessThanOrEqual(10)
    expect(refused).toBeGreaterThan(0)
    const end = await standing(id)
    expect(end).toMatchObject({ heldUsd: 0, heldTokens: 0, tokens: made * 100 })
    expect(end.usd).toBeCloseTo(made * 0.1, 9)
    expect(made).toBeGreaterThanOrEqual(50)
  })

  it('hold against all that apply or against none', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref, { nanos: 0.3e9, tokens: null })
    const wide = await budgetOf(spender.agentId, { limitUsd: 5 })
    const daily = await budgetOf(spender.agentId, { limitTokens: 1000 }, 'day')
    const first = newId()
    expect(await reserve(given.db, spender, { call: first, step: 1, model: 'a/b', wish: WISH })).toMatchObject({ ok: true, outputTokens: 100, nanos: 0.2e9 })
    expect(await reserve(given.db, spender, { call: newId(), step: 1, model: 'a/b', wish: WISH })).toMatchObject({ ok: false, unit: 'usd', standing: { budgetId: null, heldNanos: 0.2e9 } })
    expect(await standing(wide)).toMatchObject({ heldUsd: 0.2, heldTokens: 200 })
    expect(await standing(daily)).toMatchObject({ heldUsd: 0.2, heldTokens: 200 })
    await releaseHold(given.db, first)
    await releaseHold(given.db, first)
    expect(await standing(wide)).toMatchObject({ usd: 0, heldUsd: 0, heldTokens: 0 })
  })

  it('take a call once, however often it is asked for', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref)
    const id = await budgetOf(spender.agentId, { limitUsd: 1 })
    const call = newId()
    await reserve(given.db, spender, { call, step: 1, model: 'a/b', wish: WISH })
    expect(await reserve(given.db, spender, { call, step: 1, model: 'a/b', wish: WISH })).toMatchObject({ ok: true, outputTokens: 100 })
    expect(await standing(id)).toMatchObject({ heldUsd: 0.2 })
    await releaseHold(given.db, call)
  })

  it('lower the answer to what still fits', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref, { nanos: null, tokens: 130 })
    const call = newId()
    expect(await reserve(given.db, spender, { call, step: 1, model: 'a/b', wish: { ...WISH, leastOutputTokens: 10 } })).toMatchObject({ ok: true, outputTokens: 30 })
    await releaseHold(given.db, call)
  })

  it('count what had been used in their period before they were set, and another time zone counts anew', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref)
    expect(await reserve(given.db, spender, { call: newId(), step: 1, model: 'a/b', wish: WISH })).toBeNull()
    await answer(ref, undefined, { inputTokens: 10, outputTokens: 5 }, 0.4)
    const id = await budgetOf(spender.agentId, { limitUsd: 0.5 }, 'day')
    expect(await standing(id)).toMatchObject({ usd: 0.4, tokens: 15 })
    expect(await reserve(given.db, spender, { call: newId(), step: 1, model: 'a/b', wish: WISH })).toMatchObject({ ok: false, standing: { spentNanos: 0.4e9 } })
    const moved = await setBudget(given.db, { actor: given.actor, scope: 'agent', scopeId: spender.agentId, period: 'day', timezone: 'Pacific/Kiritimati', limitUsd: 0.5, limitTokens: null })
    expect(moved).not.toBe(id)
    expect(await removeBudget(given.db, given.actor.organisationId, moved)).toBe(true)
    expect(await removeBudget(given.db, given.actor.organisationId, moved)).toBe(false)
    expect(await reserve(given.db, spender, { call: newId(), step: 1, model: 'a/b', wish: WISH })).toBeNull()
  })

  it('begin a new day with nothing spent, and a call counts on the day on which it was held', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref)
    const id = await budgetOf(spender.agentId, { limitUsd: 0.3 }, 'day')
    const call = newId()
    await reserve(given.db, spender, { call, step: 1, model: 'a/b', wish: WISH })
    // A day goes by: what was held stays with the day before.
    const { now, instant, epochMs } = given.db.sql
    const [clock] = await given.db.read({ sql: `SELECT ${epochMs(now)} AS "ms"`, params: [] })
    const yesterday = Number(clock!.ms) - 86_400_000
    const key = new Date(yesterday).toISOString().slice(0, 10)
    await given.db.batch([
      { sql: `UPDATE budget_spends SET "period" = $1 WHERE "budgetId" = $2`, params: [key, id] },
      { sql: `UPDATE model_holds SET "period" = $1, "createdAt" = ${instant('$2')} WHERE "call" = $3`, params: [key, yesterday, call] },
    ])
    const today = newId()
    expect(await reserve(given.db, spender, { call: today, step: 1, model: 'a/b', wish: WISH })).toMatchObject({ ok: true })
    await answer(ref, call, { inputTokens: 100, outputTokens: 100 }, 0.2)
    expect(await standing(id)).toMatchObject({ usd: 0, heldUsd: 0.2 })
    await releaseHold(given.db, today)
  })

  it('keep what is held for an attempt that was lost until somebody counts it in full', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref)
    const id = await budgetOf(spender.agentId, { limitUsd: 1 })
    const call = newId()
    await reserve(given.db, spender, { call, step: 3, model: 'a/b', wish: WISH })
    expect(await settleLostHolds(given.db)).toBe(0)
    expect(await lostCalls(given.db, ref.runId, ref.fence + 1)).toEqual([{ call, step: 3, model: 'a/b', inputTokens: 100, outputTokens: 100, nanos: 0.2e9 }])
    await given.log.end(ref, { reason: 'interrupted', detail: 'lost' })
    expect(await standing(id)).toMatchObject({ usd: 0, heldUsd: 0.2 })
    expect(await settleLostHolds(given.db)).toBe(1)
    expect(await settleLostHolds(given.db)).toBe(0)
    expect(await standing(id)).toMatchObject({ usd: 0.2, tokens: 200, heldUsd: 0, heldTokens: 0 })
  })

  it('still know what was spent when the run is removed', async () => {
    const ref = await given.running()
    const spender = await spenderOf(ref, { nanos: 1e9, tokens: null })
    const id = await budgetOf(spender.agentId, { limitUsd: 1 })
    const call = newId()
    await reserve(given.db, spender, { call, step: 1, model: 'a/b', wish: WISH })
    await answer(ref, call, { inputTokens: 10, outputTokens: 5 }, 0.05)
    await given.log.end(ref, { reason: 'completed', detail: '' })
    await deleteRuns(given.db, { organisationId: given.actor.organisationId, ids: [ref.runId] })
    expect(await standing(id)).toMatchObject({ usd: 0.05, tokens: 15 })
    expect(await given.db.read({ sql: 'SELECT 1 FROM budget_spends WHERE "period" = $1', params: [ref.runId] })).toEqual([])
    const [used] = await given.db.read({ sql: 'SELECT "calls", "nanos" FROM usage_hours WHERE "agentId" = $1', params: [spender.agentId] })
    expect({ calls: used!.calls, nanos: Number(used!.nanos) }).toEqual({ calls: 1, nanos: 0.05e9 })
  })
})
