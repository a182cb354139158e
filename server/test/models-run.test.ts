import { expect, it } from 'vitest'
import { createRequestReader } from '../src/domain/request-log.ts'
import { KEY, settingsOf, startVendor, VENDORS } from './models/vendors.ts'
import { stream } from './wire/scripted-provider.ts'
import { checkPairs } from './worker/check-pairs.ts'
import { openWorker } from './worker/open-worker.ts'

const CALL = { id: 'call_1', tool: 'shell', input: { command: 'cat README.md' } }

it.each(VENDORS)('$name: a run calls a tool, is told what came of it, answers, and costs what was counted', async (vendor) => {
  const server = await startVendor(vendor, [{ thought: 'hm, let me think', text: 'I look', call: CALL }, { text: 'It says hello.' }])
  const worker = await openWorker({ models: settingsOf(vendor, server.url) })
  const { id } = await worker.run(`model: ${vendor.model}\ninstructions: be brief`, { task: 'what does it say?', workspace: `${worker.root}/repo` })
  const events = await worker.ended(id)
  expect(checkPairs(events)).toEqual([])
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', steps: 2, tokens: 240, costUsd: expect.closeTo(2 * vendor.costUsd, 12) })
  expect(events.flatMap(event => event.type === 'model.responded' ? [event.data] : [])).toMatchObject([
    { model: vendor.model, text: 'I look', usage: vendor.usage, costUsd: expect.closeTo(vendor.costUsd, 12) },
    { text: 'It says hello.', finish: 'stop' },
  ])
  const deltas = events.flatMap(event => event.type === 'model.delta' ? [event.data] : [])
  expect(deltas.filter(({ kind }) => kind === 'reasoning').map(({ text }) => text).join('')).toBe('hm, let me think')
  const [first, second] = server.calls().map(({ body }) => body)
  expect(first).toContain('what does it say?')
  expect(second).toContain('hello from the repository')
  expect(vendor.signed?.(second!) ?? true).toBe(true)
  const read = createRequestReader(async () => '')
  const asked = events.flatMap(event => event.type === 'model.requested' && event.data.asked ? [event.data.asked] : [])
  expect(await read(asked[0]!)).toMatchObject({ messages: [{ role: 'system' }, { role: 'user', content: 'what does it say?' }] })
  expect(await read(asked[1]!)).toMatchObject({
    messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant', content: 'I look' }, { role: 'tool', content: expect.stringContaining('hello from the repository') }],
    tools: expect.arrayContaining([expect.objectContaining({ name: 'shell', inputSchema: expect.anything() })]),
  })
  expect(JSON.stringify(events)).not.toContain(KEY)
})

it.each(VENDORS)('$name: where a budget holds, a call that breaks off counts as the most that it can have been, one of nothing as what was said', async (vendor) => {
  const half = stream(vendor.answer({ text: 'half an answer' }).slice(0, -2), 'cut')
  const server = await startVendor(vendor, [half, {}, { text: 'whole' }])
  const worker = await openWorker({ models: settingsOf(vendor, server.url) })
  const { id } = await worker.run(`model: [${vendor.model}, ${vendor.model}]\nlimits: { tokens: 100000 }`)
  const events = await worker.ended(id)
  const asked = events.flatMap(event => event.type === 'model.requested' ? [event.data] : [])
  const came = events.flatMap(event => event.type === 'model.responded' ? [event.data] : [])
  expect(asked.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([16_384, 16_384, 16_384])
  expect(server.calls().map(({ body }) => vendor.longest(JSON.parse(body)))).toEqual([16_384, 16_384, 16_384])
  expect(came.map(({ call }) => call)).toEqual(asked.map(({ call }) => call))
  expect(came).toMatchObject([{ counted: 'bound', usage: { outputTokens: 16_384 } }, { finish: 'error', usage: vendor.usage }, { text: 'whole', usage: vendor.usage }])
  expect(came[0]!.usage.inputTokens).toBeGreaterThan(1000)
  expect(came.slice(1).map(({ counted }) => counted)).toEqual([undefined, undefined])
  const { status, tokens } = await worker.view(id)
  expect([status, tokens]).toEqual(['succeeded', came.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0)])
})

it('what a provider wants back goes back to it when another attempt goes on', async () => {
  const vendor = VENDORS.find(({ name }) => name === 'Claude')!
  const outage = vendor.error(503, 'outage')
  const server = await startVendor(vendor, [{ thought: 'hm, let me think', call: CALL }, outage, outage, outage, { text: 'done' }])
  const worker = await openWorker({ models: settingsOf(vendor, server.url) })
  const { id } = await worker.run(`model: ${vendor.model}\nretry: { attempts: 2, delay: 1ms }`, { workspace: `${worker.root}/repo` })
  await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2 })
  const last = server.calls().at(-1)!.body
  expect([server.calls().length, vendor.signed!(last), last.includes('hello from the repository')]).toEqual([5, true, true])
})
