import type { ScriptedModel } from '../../server/test/worker/scripted-model.ts'
import type { Stage } from './stage.ts'
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startScriptedModel } from '../../server/test/worker/scripted-model.ts'
import { PHONE, WIDE } from './browser.ts'
import { setStage } from './stage.ts'

let stage: Stage
let model: ScriptedModel

beforeAll(async () => {
  model = await startScriptedModel([{ say: 'hello' }])
  stage = await setStage({ roots: [], env: { OPENAI_API_KEY: 'scripted', OPENAI_BASE_URL: model.baseUrl } })
})
afterAll(async () => {
  await stage?.close()
  await model?.stop()
})

it('sets, changes and removes a budget, keeps what is looked at in the address, and exports it', async () => {
  const page = await stage.open('/')
  await page.getByRole('link', { name: 'Usage' }).click()
  await page.getByText('No model was called').waitFor()
  await page.getByRole('combobox', { name: 'Days' }).click()
  await page.getByRole('option', { name: '7 days' }).click()
  await page.waitForURL('**/usage?days=7')

  await page.getByRole('button', { name: 'New budget' }).click()
  await page.getByLabel('US dollars').fill('12.5')
  await page.getByRole('button', { name: 'Save budget' }).click()
  const budgets = page.getByRole('list', { name: 'Budgets' })
  await budgets.getByText('Organisation, day').waitFor()
  await budgets.getByText('$12.50').waitFor()
  expect(await stage.server.client.budgets.list()).toMatchObject([{ scope: 'organisation', period: 'day', limitUsd: 12.5, spent: { usd: 0 } }])

  await page.getByRole('button', { name: 'Change the budget: Organisation, day' }).click()
  await page.getByLabel('US dollars').fill('20')
  await page.getByRole('button', { name: 'Save budget' }).click()
  await budgets.getByText('$20.00').waitFor()

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()])
  expect(await readFile(await download.path(), 'utf8')).toMatch(/^day,agent,person,model,calls,/)

  await page.getByRole('button', { name: 'Remove the budget: Organisation, day' }).click()
  await page.getByText('No budget is set').waitFor()
  expect(stage.faults).toEqual([])
})

it('shows what runs have asked of models, in money and tokens, on a phone too, and can be read by everybody', async () => {
  const { runs, budgets } = stage.server.client
  await budgets.set({ scope: 'organisation', period: 'day', limitUsd: 1, limitTokens: 20_000 })
  const run = await runs.submit({ manifest: { source: 'name: greeter\nmodel: openai/gpt-4.1\n' }, task: 'greet' })
  await runs.result(run.id)
  for (const context of [WIDE, PHONE]) {
    const page = await stage.open('/usage', context)
    await page.getByRole('region', { name: 'By model', exact: true }).getByRole('rowheader', { name: 'gpt-4.1 openai' }).waitFor()
    await page.getByRole('region', { name: 'By agent', exact: true }).getByRole('rowheader', { name: 'greeter' }).waitFor()
    await page.getByRole('meter', { name: /^Organisation, day: 18 tokens of 20 k tokens$/ }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.waitForFunction(dark => document.documentElement.classList.contains('dark') === dark, colorScheme === 'dark')
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), colorScheme).toEqual([])
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/usage-${context === PHONE ? 390 : 1440}.png` })
  }
  expect(stage.faults).toEqual([])
})
