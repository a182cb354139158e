import type { Stage } from './stage.ts'
import process from 'node:process'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE, WIDE } from './browser.ts'
import { setStage } from './stage.ts'

const DEPLOY = `name: deploy
isolation: process
effects: tell
commands: { ask: ["touch **"] }
steps:
  - { name: look, run: echo looked }
  - { name: publish, run: touch published }
  - { name: tell, run: ls }
`

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage?.close())

async function ask(): Promise<string> {
  const { client } = stage.server
  const { id } = await client.runs.submit({ manifest: { source: DEPLOY }, task: 'publish it' })
  await expect.poll(async () => (await client.runs.get(id)).status, { timeout: 30_000 }).toBe('waiting')
  return id
}

it('a command that has to be asked about waits in the inbox, and is done when somebody says so', async () => {
  const page = await stage.open('/approvals')
  await page.getByText('Nobody is asked anything').waitFor()
  const id = await ask()
  const card = page.getByRole('article', { name: 'Approval' })
  await card.getByText('Exactly this').waitFor()
  await page.getByRole('navigation', { name: 'Pages' }).getByText('1 due').waitFor()
  await expect.poll(() => card.innerText()).toContain('touch published')
  await card.getByRole('textbox', { name: 'Note' }).fill('the release is tagged')
  await card.getByRole('button', { name: /Approve once/ }).click()
  await page.getByText('Nobody is asked anything').waitFor()
  await expect.poll(async () => (await stage.server.client.runs.get(id)).status, { timeout: 30_000 }).toBe('succeeded')
  await page.getByRole('list', { name: 'Decided' }).getByText(/once/i).waitFor()
  expect(stage.faults).toEqual([])
})

it('what is denied on the page of the run ends it, with the reason', async () => {
  const id = await ask()
  const page = await stage.open(`/runs/${id}`)
  const card = page.getByRole('article', { name: 'Approval' })
  await card.getByRole('textbox', { name: 'Note' }).fill('not on a Friday')
  await card.getByRole('button', { name: 'Deny' }).click()
  await expect.poll(async () => stage.server.client.runs.get(id), { timeout: 30_000 }).toMatchObject({ status: 'failed', reason: 'not_permitted' })
  await page.getByText(/not on a Friday/).first().waitFor()
  expect(stage.faults).toEqual([])
})

it('both pages are usable at both widths, in light and dark', async () => {
  const id = await ask()
  for (const [path, name] of [['/approvals', 'inbox'], [`/runs/${id}`, 'run']] as const) {
    for (const context of [WIDE, PHONE]) {
      const page = await stage.open(path, context)
      if (path === '/approvals' && context === PHONE)
        await page.getByRole('list', { name: 'Due' }).getByRole('link').first().click()
      if (path !== '/approvals' && context === PHONE)
        await page.getByRole('button', { name: /Waits for you touch published/ }).click()
      await page.getByRole('button', { name: /Approve once/ }).waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.waitForFunction(dark => document.documentElement.classList.contains('dark') === dark, colorScheme === 'dark')
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), `${path} ${colorScheme}`).toEqual([])
        if (process.env.SHOTS)
          await page.screenshot({ path: `${process.env.SHOTS}/approvals-${name}-${context === PHONE ? 390 : 1440}-${colorScheme}.png` })
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
      await page.close()
    }
  }
  expect(stage.faults).toEqual([])
})
