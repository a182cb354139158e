import { expect, it } from 'vitest'
import { KEY, settingsOf, startVendor, VENDORS } from './models/vendors.ts'
import { openWorker } from './worker/open-worker.ts'

/** What programs of a run ask of models in the vendors' own formats, under a budget: each in a whole run, against a scripted provider. */

const MESSAGE = '"messages":[{"role":"user","content":"hi"}]'
const CONTENTS = '"contents":[{"role":"user","parts":[{"text":"hi"}]}]'

const WIRES = [
  {
    name: 'OpenAI, Responses',
    call: `-H "authorization: Bearer $OPENAI_API_KEY" "$OPENAI_BASE_URL/responses"`,
    short: '{"model":"gpt-5","input":"hi","stream":true,"max_output_tokens":50}',
    long: '{"model":"gpt-5","input":"hi","stream":true,"max_output_tokens":9000000}',
    none: '{"model":"gpt-5","input":"hi","stream":true}',
  },
  {
    name: 'Claude',
    call: `-H "x-api-key: $ANTHROPIC_API_KEY" "$ANTHROPIC_BASE_URL/v1/messages"`,
    short: `{"model":"claude-sonnet-4-5","max_tokens":50,"stream":true,${MESSAGE}}`,
    long: `{"model":"claude-sonnet-4-5","max_tokens":9000000,"stream":true,${MESSAGE}}`,
    none: `{"model":"claude-sonnet-4-5","stream":true,${MESSAGE}}`,
  },
  {
    name: 'Gemini',
    call: `-H "x-goog-api-key: $GEMINI_API_KEY" "$GOOGLE_GEMINI_BASE_URL/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"`,
    short: `{${CONTENTS},"generationConfig":{"maxOutputTokens":50}}`,
    long: `{"generationConfig":{"temperature":0,"maxOutputTokens":9000000},${CONTENTS}}`,
    none: `{${CONTENTS}}`,
  },
]

const LIMIT = 18_500

it.each(WIRES)('$name: no longer an answer is asked for than fits, the rest of a request stays as it was written, and what came is counted', { timeout: 60_000 }, async ({ name, call, short, long, none }) => {
  const vendor = VENDORS.find(one => one.name === name)!
  const server = await startVendor(vendor, [{ text: 'one' }, { text: 'two' }, { text: 'three' }])
  const worker = await openWorker({ models: settingsOf(vendor, server.url) })
  const bodies = [short, long, none]
  const steps = bodies.map(body => `  - run: |\n      curl -sS -H 'content-type: application/json' ${call} -d '${body}'\n`).join('')
  const { id } = await worker.run(`runtime: script\nisolation: process\neffects: tell\nmodel: ${vendor.model}\nlimits: { tokens: ${LIMIT} }\nsteps:\n${steps}`)
  const events = await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', tokens: 360, costUsd: expect.closeTo(3 * vendor.costUsd, 12) })

  const sent = server.calls().map(({ body }) => body)
  const longest = sent.map(body => Number(vendor.longest(JSON.parse(body))))
  expect(sent[0]).toBe(short)
  expect(longest[0]).toBe(50)
  expect(longest[1]).toBeGreaterThan(16_384)
  expect(longest[1]).toBeLessThan(LIMIT - 120 - 1_000)
  expect(sent[1]).toBe(long.replace('9000000', String(longest[1])))
  expect(longest[2]).toBe(16_384)
  expect(JSON.parse(sent[2]!)).toMatchObject(JSON.parse(none))
  const asked = events.flatMap(event => event.type === 'model.requested' ? [event.data] : [])
  const came = events.flatMap(event => event.type === 'model.responded' ? [event.data] : [])
  expect(asked.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual(longest)
  expect(came.map(({ call }) => call)).toEqual(asked.map(({ call }) => call))
  expect(came).toMatchObject(['one', 'two', 'three'].map(text => ({ text, usage: vendor.usage })))
  expect(await worker.db.read({ sql: 'SELECT * FROM model_holds', params: [] })).toEqual([])
  expect(JSON.stringify(events)).not.toContain(KEY)
})

it.each(WIRES)('$name: a call that could go over is not made, and ends the run', { timeout: 60_000 }, async ({ name, call, none }) => {
  const vendor = VENDORS.find(one => one.name === name)!
  const server = await startVendor(vendor, [{ text: 'never' }])
  const worker = await openWorker({ models: settingsOf(vendor, server.url) })
  const { id } = await worker.run(`runtime: script\nisolation: process\neffects: tell\nmodel: ${vendor.model}\nlimits: { tokens: 1200 }\nsteps:\n  - run: |\n      curl -sS -H 'content-type: application/json' ${call} -d '${none}'; sleep 20\n`)
  const events = await worker.ended(id)
  expect(server.calls()).toEqual([])
  expect(events.at(-1)!.data).toMatchObject({ reason: 'budget_exhausted', detail: expect.stringContaining('the run\'s limit is 1200 tokens') })
  expect(await worker.view(id)).toMatchObject({ tokens: 0 })
})
