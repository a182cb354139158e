import type { TestWorker } from '../../test/worker/open-worker.ts'
import type { RunEvent } from '../domain/event.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkDatabase } from '../../test/checker.ts'
import { checkPairs } from '../../test/worker/check-pairs.ts'
import { openWorker } from '../../test/worker/open-worker.ts'
import { flat } from '../domain/price-list.ts'
import { listBudgets, setBudget } from '../store/budgets.ts'

/** A tenth of a thousandth of a dollar for each token; the scripted model says 11 read and 7 written. */
const TURN_USD = 18 * 100 / 1e6

let worker: TestWorker
beforeAll(async () => {
  worker = await openWorker({ isShared: true, slots: 25, prices: { 'openai/scripted': flat(100, 100) } })
})
afterAll(async () => {
  expect(await checkDatabase(worker.db)).toEqual([])
  await worker.stop()
})

const dataOf = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type).map(({ data }) => data as Extract<RunEvent, { type: T }>['data'])
const LOOP = [{ call: [{ tool: 'shell', input: { command: 'true' } }] }]

async function perform(...asked: Parameters<TestWorker['run']>) {
  const { id } = await worker.run(...asked)
  const events = await worker.ended(id)
  expect(checkPairs(events)).toEqual([])
  return { id, events, run: await worker.view(id) }
}

type Standing = () => Promise<{ usd: number, tokens: number, heldUsd: number }>

async function withBudget<T>(limits: { limitUsd?: number, limitTokens?: number }, act: (standing: Standing) => Promise<T>): Promise<T> {
  const { db, actor } = worker
  const id = await setBudget(db, { actor, scope: 'organisation', scopeId: '', period: 'total', timezone: 'UTC', limitUsd: null, limitTokens: null, ...limits })
  const standing = async () => (await listBudgets(db, actor.organisationId)).find(one => one.id === id)!.spent!
  return act(standing).finally(() => db.batch([{ sql: 'DELETE FROM budgets', params: [] }, { sql: 'DELETE FROM budget_spends', params: [] }]))
}

async function spentSoFar(): Promise<{ usd: number, tokens: number }> {
  const [row] = await worker.db.read({ sql: 'SELECT coalesce(sum("nanos"), 0) AS "nanos", coalesce(sum("inputTokens" + "outputTokens"), 0) AS "tokens" FROM usage_hours', params: [] })
  return { usd: Number(row!.nanos) / 1e9, tokens: Number(row!.tokens) }
}

it('a run whose next call could go over its cost ends as budget_exhausted, and that call is not made', async () => {
  worker.scripted.play(LOOP)
  const { events, run } = await perform('model: openai/scripted\nlimits: { cost: $0.50 }')
  expect(run).toMatchObject({ status: 'failed', reason: 'budget_exhausted' })
  expect(run.detail).toMatch(/^A call to openai\/scripted was not made: at worst it would come to \$0\.\d+, and the run's limit is \$0\.5, with \$0\.\d+ of it spent\.$/)
  expect(run.costUsd).toBeLessThanOrEqual(0.5)
  expect(run.costUsd).toBeCloseTo(worker.scripted.requests.length * TURN_USD, 9)
  expect(dataOf(events, 'model.requested').length).toBe(worker.scripted.requests.length)
  expect(dataOf(events, 'limit.reached')).toMatchObject([{ limit: 'cost', allowed: 0.5 }])
})

it('near its limit it asks for shorter answers, and says so once that four fifths are spent', async () => {
  worker.scripted.play([({ body }) => ({ raw: [`data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'shell', arguments: '{"command":"true"}' } }] }, finish_reason: 'tool_calls' }], usage: { prompt_tokens: 4000, completion_tokens: (body as unknown as { max_tokens: number }).max_tokens, total_tokens: 1 } })}\n\ndata: [DONE]\n\n`], then: 'end' })])
  const { events, run } = await perform('model: openai/scripted\nlimits: { tokens: 52000 }')
  expect(run).toMatchObject({ status: 'failed', reason: 'budget_exhausted' })
  expect(run.tokens).toBeLessThanOrEqual(52_000)
  const asked = dataOf(events, 'model.requested').map(({ maxOutputTokens }) => maxOutputTokens!)
  expect(asked[0]).toBe(16_384)
  expect(asked.at(-1)).toBeLessThan(16_384)
  expect(worker.scripted.requests.map(({ body }) => (body as unknown as { max_tokens: number }).max_tokens)).toEqual(asked)
  expect(dataOf(events, 'limit.approached')).toHaveLength(1)
})

it('what has no price is not called where money is limited', async () => {
  worker.scripted.play([{ say: 'hello' }])
  const { run } = await perform('model: openai/unheard-of\nlimits: { cost: $5 }')
  expect(run).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringContaining('price of openai/unheard-of is not known') })
  expect(worker.scripted.requests).toHaveLength(0)
  const unmetered = await perform('model: openai/unheard-of\ncost: unmetered\nlimits: { tokens: 100000 }')
  expect(unmetered.run).toMatchObject({ status: 'succeeded', tokens: 18, costUsd: null })
})

it('fifty runs at once overdraw the budget that they share at no time, and each that is refused says why', async () => {
  worker.scripted.play(LOOP)
  const before = await spentSoFar()
  await withBudget({ limitUsd: before.usd + 4 }, async (standing) => {
    const runs = await Promise.all(Array.from({ length: 50 }, () => worker.run('model: openai/scripted\nlimits: { steps: 6 }')))
    let most = 0
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        const { usd, heldUsd } = await standing()
        most = Math.max(most, usd + heldUsd)
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    })()
    await Promise.all(runs.map(({ id }) => worker.ended(id)))
    isOver = true
    await watching
    const ended = await Promise.all(runs.map(({ id }) => worker.view(id)))
    expect(most).toBeLessThanOrEqual(before.usd + 4 + 1e-9)
    const refused = ended.filter(run => run.reason === 'budget_exhausted')
    expect(refused.length).toBeGreaterThan(0)
    for (const run of refused)
      expect(run.detail).toContain('the organisation\'s budget in all is $')
    expect(ended.filter(run => run.reason !== 'budget_exhausted').map(run => run.reason)).toEqual(Array.from({ length: 50 - refused.length }).fill('step_limit'))
    const now = await standing()
    expect(now.heldUsd).toBe(0)
    expect(now.usd).toBeCloseTo(before.usd + ended.reduce((sum, run) => sum + (run.costUsd ?? 0), 0), 6)
  })
})

it('what a provider refuses costs nothing, and what it breaks off counts as the most that it can have been', async () => {
  const before = await spentSoFar()
  await withBudget({ limitUsd: before.usd + 100 }, async (standing) => {
    worker.scripted.play([{ status: 400 }])
    await perform('model: openai/scripted')
    expect(await standing()).toMatchObject({ heldUsd: 0, tokens: before.tokens })
    worker.scripted.play([{ raw: ['data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\n'], then: 'cut' }, { say: 'whole' }])
    const { events, run } = await perform('model: openai/scripted')
    expect(run).toMatchObject({ status: 'succeeded' })
    expect(dataOf(events, 'model.responded')).toMatchObject([{ counted: 'bound', usage: { outputTokens: 16_384 } }, { text: 'whole', usage: { inputTokens: 11, outputTokens: 7 } }])
    expect(await standing()).toMatchObject({ heldUsd: 0 })
    expect((await standing()).usd).toBeCloseTo(before.usd + run.costUsd!, 9)
  })
})

const CURL = `curl -sS "$OPENAI_BASE_URL/chat/completions" -H "authorization: Bearer $OPENAI_API_KEY" -H 'content-type: application/json'`

it('a run\'s own programs are held to the same limits: streamed, with their own longest answer, and with no usage said', async () => {
  worker.scripted.play([
    { say: 'one' },
    { raw: ['data: {"choices":[{"index":0,"delta":{"content":"two"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'], then: 'end' },
    { say: 'never' },
  ])
  const body = (rest: string) => `'{"model":"scripted",${rest}"messages":[{"role":"user","content":"hi"}],"stream":true}'`
  const { events, run } = await perform(`runtime: script
isolation: process
model: openai/scripted
limits: { tokens: 18500 }
steps:
  - run: |
      ${CURL} -d ${body('"max_tokens":50,')}
  - run: |
      ${CURL} -d ${body('')}
  - run: |
      ${CURL} -d ${body('')}; sleep 20`)
  const asked = worker.scripted.requests.map(({ body }) => body as { max_tokens?: number, max_completion_tokens?: number })
  expect(asked).toMatchObject([{ max_tokens: 50 }, { max_completion_tokens: 16_384 }])
  const [first, second] = dataOf(events, 'model.responded')
  expect(first).toMatchObject({ usage: { inputTokens: 11, outputTokens: 7 } })
  expect(second).toMatchObject({ text: 'two', counted: 'bound', usage: { outputTokens: 16_384 } })
  expect(run).toMatchObject({ status: 'failed', reason: 'budget_exhausted', detail: expect.stringContaining('the run\'s limit is 18500 tokens') })
  expect(run.tokens).toBeLessThanOrEqual(18_500)
})
