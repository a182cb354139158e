import type { ServerProcess } from './process-harness.ts'
import type { ScriptedModel } from './worker/scripted-model.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentos, jsonLines, writeManifest } from './cli-harness.ts'
import { startServerProcess } from './process-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

let server: ServerProcess
let model: ScriptedModel

beforeAll(async () => {
  model = await startScriptedModel([{ say: 'Hello.' }])
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-budget-test-')), { isShared: true, env: { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: model.baseUrl } })
})

afterAll(async () => {
  await server.stop()
  await model.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

const budget = (...args: string[]) => agentos(['budget', ...args], server)
const listed = async () => jsonLines(await budget('list', '--json')) as unknown as { id: string, scope: string, of: { name: string } | null, period: string, limitUsd: number | null, limitTokens: number | null }[]

it('budgets are set, changed, listed and taken away, each one of its kind', { timeout: 240_000 }, async () => {
  expect((await budget('list')).stdout).toMatch(/^no budget is set/)
  const manifest = await writeManifest(server.dataDir, 'spender', 'true')
  await agentos(['run', manifest], server)

  expect(await budget('set', '--usd', '20', '--per', 'day')).toMatchObject({ code: 0, stdout: 'set: the organisation, day, $20.00\n' })
  expect(await budget('set', '--usd', '$25.5', '--tokens', '5M', '--per', 'day')).toMatchObject({ code: 0, stdout: 'set: the organisation, day, $25.50 and 5000000 tokens\n' })
  expect(await budget('set', '--agent', 'spender', '--usd', '0.5', '--per', 'month', '--timezone', 'Europe/Berlin')).toMatchObject({ code: 0, stdout: 'set: spender, month (Europe/Berlin), $0.5\n' })
  expect(await budget('set', '--me', '--tokens', '500k', '--per', 'total')).toMatchObject({ code: 0, stdout: 'set: owner, in all, 500000 tokens\n' })
  expect(JSON.parse((await budget('set', '--each-run', '--usd', '1', '--json')).stdout)).toMatchObject({ scope: 'run', limitUsd: 1, limitTokens: null, spent: null })

  expect((await listed()).map(({ scope, of, period, limitUsd, limitTokens }) => [scope, of?.name ?? null, period, limitUsd, limitTokens]).sort()).toEqual([
    ['agent', 'spender', 'month', 0.5, null],
    ['organisation', null, 'day', 25.5, 5_000_000],
    ['run', null, 'total', 1, null],
    ['user', 'owner', 'total', null, 500_000],
  ])
  const { stdout } = await budget('list')
  expect(stdout).toMatch(/the organisation +day +\$0\.00 of \$25\.50 · 0 of 5000000 tokens\n/)
  expect(stdout).toMatch(/each run +run +at most \$1\.00\n/)

  const [first] = await listed()
  expect(await budget('remove', first!.id.slice(0, 10))).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed: /) })
  expect((await listed()).map(({ id }) => id)).not.toContain(first!.id)
  expect(await budget('remove', first!.id)).toMatchObject({ code: 127, stderr: expect.stringContaining('no budget\'s id begins with') })
})

it('what the server does not know is said with what to do', { timeout: 120_000 }, async () => {
  expect(await budget('set', '--usd', '5', '--per', 'day', '--agent', 'nobody-such')).toMatchObject({ code: 127, stderr: expect.stringContaining('no agent is called "nobody-such"') })
  expect((await budget('set', '--usd', '5', '--per', 'day', '--timezone', 'Mars/Base')).stderr).toContain('expected a time zone such as Europe/Berlin')
})

it('a budget that was set from a terminal ends the run that would go over it', { timeout: 240_000 }, async () => {
  const manifest = join(server.dataDir, 'talker.yaml')
  await writeFile(manifest, 'name: talker\nmodel: openai/scripted\ncost: unmetered\ntools: []\n')
  await budget('set', '--each-run', '--tokens', '10')
  const ended = await agentos(['run', manifest, '-t', 'hello', '--json'], server)
  expect(jsonLines(ended).at(-1)).toMatchObject({ type: 'run.ended', data: { reason: 'budget_exhausted' } })
  expect(model.requests).toEqual([])
})
