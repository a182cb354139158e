import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE } from './browser.ts'
import { setStage } from './stage.ts'

let stage: Stage
let page: Page

beforeAll(async () => {
  stage = await setStage()
  await stage.server.client.agents.save({ source: 'name: sweep\ndescription: Sweeps the quay\ninputs:\n  quay: { type: string, required: true }\nsteps:\n  - run: echo "swept $INPUT_QUAY"\n' })
  page = await stage.open('/')
})
afterAll(() => stage?.close())

it('says how to make one while there is none, then makes one with its next ticks shown as it is typed', async () => {
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('4')
  await page.getByText('Nothing runs by itself yet').waitFor()
  await page.keyboard.press('n')
  const form = page.getByRole('region', { name: 'New schedule' })
  await form.getByRole('combobox', { name: /^Agent/ }).click()
  await page.getByRole('option', { name: 'sweep' }).click()

  const when = form.getByRole('textbox', { name: /^When/ })
  await when.fill('0 25 * * *')
  await form.getByRole('alert').filter({ hasText: /expected five fields/ }).waitFor()
  await when.fill('30 9 * * 1-5')
  await form.getByText('weekdays at 09:30').waitFor()
  await form.getByRole('combobox', { name: /^Time zone/ }).fill('Asia/Kolkata')
  await expect.poll(() => form.getByText(/^(?:Mon|Tue|Wed|Thu|Fri) \d+ \w+(?: \d{4})?, 09:30$/).count()).toBe(5)
  await form.getByText('UTC+5:30').waitFor()

  await form.getByRole('button', { name: /^Make the schedule/ }).click()
  await form.getByRole('alert').filter({ hasText: 'This input is required.' }).waitFor()
  await form.getByRole('textbox', { name: 'quay' }).fill('north')
  await form.getByRole('button', { name: /^Make the schedule/ }).click()
  await page.getByRole('region', { name: 'Schedule of sweep' }).getByText('weekdays at 09:30').waitFor()
  expect(await stage.server.client.schedules.list()).toMatchObject([{ agentName: 'sweep', cron: '30 9 * * 1-5', timezone: 'Asia/Kolkata', inputs: { quay: 'north' } }])
})

it('runs it now, pauses it, lets it go on, changes it, and removes it after it has asked', async () => {
  await page.goto('/schedules')
  const row = page.getByRole('list', { name: 'Schedules' }).getByRole('listitem').filter({ hasText: 'sweep' })
  await row.getByRole('button', { name: 'Run sweep now' }).click()
  await page.getByRole('status').filter({ hasText: /^Succeeded/ }).waitFor()
  await page.getByRole('link', { name: 'schedule', exact: true }).click()

  const detail = page.getByRole('region', { name: 'Schedule of sweep' })
  await detail.getByRole('button', { name: 'Pause' }).click()
  await row.getByText('paused').waitFor()
  expect((await stage.server.client.schedules.list())[0]!.nextTickAt).toBeNull()
  await detail.getByRole('button', { name: 'Go on' }).click()
  await row.getByText(/, 09:30$/).waitFor()

  await detail.getByRole('button', { name: 'Edit' }).click()
  const form = page.getByRole('region', { name: 'Edit the schedule' })
  await form.getByText('Every', { exact: true }).click()
  await form.getByRole('textbox', { name: /^When/ }).fill('6h')
  await form.getByRole('button', { name: /^Save/ }).click()
  await detail.getByText('every 6 h').waitFor()

  const overview = await stage.open('/')
  await overview.getByRole('region', { name: 'Next schedules' }).getByRole('link', { name: /sweep.*every 6 h/ }).waitFor()
  await overview.context().close()

  await detail.getByRole('button', { name: 'Remove…' }).click()
  await detail.getByRole('button', { name: 'Keep it' }).click()
  expect(await stage.server.client.schedules.list()).toHaveLength(1)
  await detail.getByRole('button', { name: 'Remove…' }).click()
  await detail.getByRole('button', { name: 'Remove it' }).click()
  await page.getByText('Nothing runs by itself yet').waitFor()
  expect(await stage.server.client.schedules.list()).toEqual([])
})

it('leaves the schedule of a manifest to the manifest, and has no violation of WCAG 2 AA, light and dark, also on a phone', async () => {
  await stage.server.client.agents.save({ source: 'name: tide\nschedule: { cron: "0 6 * * *", timezone: Europe/Berlin }\nsteps:\n  - run: echo tide\n' })
  const [schedule] = await stage.server.client.schedules.list()
  const phone = await stage.open('/schedules', PHONE)
  for (const one of [page, phone]) {
    for (const path of ['/schedules', `/schedules?schedule=${schedule!.id}`, '/schedules?new']) {
      await one.goto(path)
      await one.getByText(path.endsWith('new') ? 'Make the schedule' : 'every day at 06:00').filter({ visible: true }).first().waitFor()
      await expectAccessible(one)
    }
  }
  await page.goto(`/schedules?schedule=${schedule!.id}`)
  const detail = page.getByRole('region', { name: 'Schedule of tide' })
  await detail.getByText('It comes and goes with the manifest').waitFor()
  expect(await detail.getByRole('button', { name: /^(?:Edit|Remove)/ }).count()).toBe(0)
  expect(stage.faults.filter(fault => !fault.includes('400'))).toEqual([])
})

async function expectAccessible(one: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await one.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await one.waitForFunction(dark => document.documentElement.classList.contains('dark') === dark, colorScheme === 'dark')
    const found = await new AxeBuilder({ page: one }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
    expect(found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}`)), `${one.url()} ${colorScheme}`).toEqual([])
  }
  expect(await one.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
}
