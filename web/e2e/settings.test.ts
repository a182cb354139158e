import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Stage } from './stage.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chunk } from '../../server/test/worker/scripted-model.ts'
import { PHONE } from './browser.ts'
import { setStage } from './stage.ts'

const KEY = 'sk-canary-of-the-settings'
let endpoint: Server
let stage: Stage

beforeAll(async () => {
  endpoint = createServer((request, response) => {
    if (request.method === 'GET')
      return void response.end(JSON.stringify({ data: [{ id: 'first-model' }, { id: 'second-model' }] }))
    const usage = { usage: { prompt_tokens: 23, completion_tokens: 4, total_tokens: 27 } }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`${chunk({ content: 'ready' })}${chunk({}, 'stop', usage)}data: [DONE]\n\n`)
  }).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const { port } = endpoint.address() as AddressInfo // listening on TCP
  const env = { AGENTOS_ENDPOINTS: `my-box=http://127.0.0.1:${port}/v1,gone=http://127.0.0.1:1/v1`, MY_BOX_API_KEY: KEY, OLLAMA_HOST: '127.0.0.1:1' }
  stage = await setStage({ env })
})
afterAll(async () => {
  await stage?.close()
  endpoint?.closeAllConnections()
  endpoint?.close()
})

it('shows each provider with how to set it, and tries one with a real call', async () => {
  const page = await stage.open('/')
  await page.getByRole('link', { name: 'Settings' }).click()
  const providers = page.getByRole('list', { name: 'Providers' })
  const box = providers.getByRole('listitem').filter({ hasText: 'my-box' })
  await box.getByText('MY_BOX_API_KEY is set').waitFor()
  await box.getByText(/2\s+models/).waitFor()
  await providers.getByText(/Claude has no key: set ANTHROPIC_API_KEY/).waitFor()
  await page.getByText(/AgentOS \d{4}-\d\d/).waitFor()

  await box.getByRole('textbox', { name: 'Model of my-box to test' }).or(box.getByRole('combobox')).fill('first-model')
  await box.getByRole('button', { name: 'Test my-box' }).click()
  await box.getByRole('status').getByText(/“ready” · \d+ ms · 23 → 4 tokens · price not known/).waitFor()
  const gone = providers.getByRole('listitem').filter({ hasText: '127.0.0.1:1' }).filter({ hasText: 'GONE_API_KEY' })
  await gone.getByRole('button', { name: 'Test gone' }).click()
  await gone.getByRole('status').getByText(/gone\/a-model cannot be reached/).waitFor()
  expect(await page.content()).not.toContain(KEY)
  expect(stage.faults).toEqual([])
})

it('fits on a phone', async () => {
  const phone = await stage.open('/settings', PHONE)
  await phone.getByRole('button', { name: 'Test my-box' }).waitFor()
  expect(await phone.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true)
  expect(stage.faults).toEqual([])
})
