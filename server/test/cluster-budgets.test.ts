import type { Dialect } from './conformance-harness.ts'
import { createAgentOS } from '@agentos/client'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../src/store/database.ts'
import { readEventsOf } from '../src/store/events.ts'
import { getRuns } from '../src/store/runs.ts'
import { checkDatabase } from './checker.ts'
import { freshDatabase } from './conformance-harness.ts'
import { startServerProcess } from './process-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

/** A real server, killed while a call is reserved and not yet counted. */

it.for<Dialect>(['sqlite', 'postgresql'])('what is held for a call whose server was killed is counted by the next attempt, once and as the most that it can have been (%s)', { timeout: 240_000 }, async (dialect) => {
  const where = await freshDatabase(dialect)
  onTestFinished(() => where.remove())
  const model = await startScriptedModel([{ silence: true }])
  onTestFinished(() => model.stop())
  const start = () => startServerProcess(where.dataDir, { env: { DATABASE_URL: where.databaseUrl, OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: model.baseUrl, AGENTOS_LEASE: '3s' } })

  const killed = await start()
  const client = createAgentOS({ url: killed.url, apiKey: killed.credential })
  await client.budgets.set({ scope: 'organisation', period: 'total', limitTokens: 100_000 })
  const source = 'name: spender\nmodel: openai/scripted\ncost: unmetered\ntools: []\nlimits: { tokens: 60000 }\neffects: tell\n'
  const { id } = await client.runs.submit({ manifest: { source }, task: 'hello' })
  await expect.poll(() => model.requests.length, { timeout: 60_000 }).toBe(1)
  killed.child.kill('SIGKILL')
  await killed.exited
  await client.close()

  const db = await openDatabase({ databaseUrl: where.databaseUrl, dataDir: where.dataDir })
  const holds = async () => (await db.read({ sql: 'SELECT "budgetId", "inputTokens" + "outputTokens" AS "tokens" FROM model_holds ORDER BY "budgetId"', params: [] })).map(row => Number(row.tokens))
  const [held, other] = await holds()
  expect(held).toBeGreaterThan(16_384)
  expect(other).toBe(held)
  expect(await checkDatabase(db)).toEqual([])
  await db.close()

  model.play([{ say: 'Hello at last.' }])
  const next = await start()
  const again = createAgentOS({ url: next.url, apiKey: next.credential })
  await expect.poll(async () => (await again.runs.get(id)).status, { timeout: 90_000 }).toBe('succeeded')
  const [budget] = await again.budgets.list()
  await again.close()
  await next.stop()

  const after = await openDatabase({ databaseUrl: where.databaseUrl, dataDir: where.dataDir })
  onTestFinished(() => after.close())
  const answers = (await readEventsOf(after, id, ['model.responded'])).flatMap(event => event.type === 'model.responded' ? [event.data] : [])
  expect(answers.map(({ counted, text }) => [counted ?? 'said', text])).toEqual([['bound', ''], ['said', 'Hello at last.']])
  const sum = answers.reduce((total, { usage }) => total + usage.inputTokens + usage.outputTokens, 0)
  expect(answers[0]!.usage.inputTokens + answers[0]!.usage.outputTokens).toBe(held)
  expect((await getRuns(after, [id]))[0]).toMatchObject({ tokens: sum, attempt: 2, failures: 0 })
  expect(budget!.spent).toMatchObject({ tokens: sum, heldTokens: 0 })
  expect(await after.read({ sql: 'SELECT * FROM model_holds', params: [] })).toEqual([])
  const [counted] = await after.read({ sql: 'SELECT sum("inputTokens" + "outputTokens") AS "tokens", sum("calls") AS "calls", sum("unknownCalls") AS "unknown" FROM usage_hours', params: [] })
  expect([Number(counted!.tokens), Number(counted!.calls), Number(counted!.unknown)]).toEqual([sum, 2, 1])
  expect(await checkDatabase(after)).toEqual([])
})
