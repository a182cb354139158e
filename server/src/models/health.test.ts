import { expect, it } from 'vitest'
import { KEY, settingsOf, startVendor, untilFound, VENDORS } from '../../test/models/vendors.ts'
import { NO_MODELS } from '../../test/worker/no-models.ts'
import { createGateway } from './gateway.ts'

it.each(VENDORS)('$name: its models are listed, and a test is a real call with its cost', async (vendor) => {
  const server = await startVendor(vendor, [{ text: 'ready' }, vendor.error(503, 'outage'), { text: 'ready' }])
  const gateway = createGateway(settingsOf(vendor, server.url))
  await untilFound(gateway, vendor)
  const { health } = gateway
  const [provider] = vendor.model.split('/')
  expect(health.providers().find(({ name }) => name === provider)).toMatchObject({ problem: null, host: new URL(server.url).host, hasKey: vendor.name !== 'Ollama' })
  expect(await health.list(provider!)).toEqual({ models: vendor.name === 'Gemini' ? ['one', 'two'] : expect.arrayContaining([expect.stringMatching(/one$/)]) })
  expect(await health.test(vendor.model)).toMatchObject({ ok: true, text: 'ready', costUsd: expect.closeTo(vendor.costUsd, 12), latencyMs: expect.any(Number) })
  expect(await health.test(vendor.model)).toMatchObject({ ok: false, kind: 'unavailable', message: expect.stringContaining('we are down') })
  expect(JSON.stringify(health.providers())).not.toContain(KEY)
})

it('a provider with no key says what to set, lists nothing and fails its test; one that nobody knows is said to be none', async () => {
  const { health } = createGateway(NO_MODELS)
  expect(health.providers().find(({ name }) => name === 'claude')).toMatchObject({ hasKey: false, keyName: 'ANTHROPIC_API_KEY', problem: expect.stringContaining('set ANTHROPIC_API_KEY') })
  expect(await health.list('claude')).toEqual({ problem: expect.stringContaining('set ANTHROPIC_API_KEY') })
  expect(await health.list('nobody')).toEqual({ problem: expect.stringContaining('"nobody"') })
  expect(await health.test('claude/claude-opus-5')).toMatchObject({ ok: false, message: expect.stringContaining('ANTHROPIC_API_KEY') })
  expect(await health.test('nobody/x')).toMatchObject({ ok: false, kind: 'bad_request' })
})
