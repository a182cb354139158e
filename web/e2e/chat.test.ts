import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE } from './browser.ts'
import { startHaltingModel } from './halting-model.ts'
import { setStage } from './stage.ts'

let stage: Stage
let model: Awaited<ReturnType<typeof startHaltingModel>>
let page: Page

beforeAll(async () => {
  model = await startHaltingModel([
    { reasoning: 'a question of **tides**', halves: ['The tide turns at ', '**nine**.\n\n- low water\n- high water\n\n```sh\ntide --port north\n```\n'] },
    { halves: ['From the ', 'harbour office, <b>of course</b> ![x](http://evil.invalid/x.png).'] },
    { shell: 'echo north quay' },
    { halves: ['It is the ', 'north one.'] },
  ])
  stage = await setStage({ env: { OPENAI_API_KEY: 'sk-scripted', OPENAI_BASE_URL: model.baseUrl } })
  page = await stage.open('/')
})
afterAll(async () => {
  await stage?.close()
  await model?.stop()
})

it('starts with a model by itself, shows its answer as it comes, also after a reload in the middle, and goes on', async () => {
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('c')
  await page.getByText('No conversations yet').waitFor()
  const message = page.getByRole('textbox', { name: 'Message' })
  await message.fill('When does the tide turn?')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'Expected provider/model' }).waitFor()
  expect(await message.inputValue()).toBe('When does the tide turn?')
  await page.getByRole('textbox', { name: /^Model/ }).fill('openai/scripted')
  await page.getByRole('textbox', { name: /^Instructions/ }).fill('You know the harbour.')
  await page.getByRole('checkbox', { name: 'Unmetered' }).click()
  await message.press('Shift+Enter')
  await message.pressSequentially('Be exact.')
  await message.press('Enter')

  await page.waitForURL(/\/chat\/\w{20}$/)
  const said = page.getByRole('log', { name: 'What was said' })
  await said.getByText('The tide turns at', { exact: false }).waitFor()
  await expect.poll(() => message.evaluate(field => field === document.activeElement)).toBe(true)
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await page.reload()
  await said.getByText('The tide turns at', { exact: false }).waitFor()
  model.letGo()
  await said.getByRole('listitem').filter({ hasText: 'high water' }).waitFor()
  expect(await said.locator('strong').allInnerTexts()).toEqual(['nine'])
  expect(await said.getByRole('article', { name: /^Message of/ }).getByText('When does the tide turn?').innerText()).toBe('When does the tide turn?\nBe exact.')
  await said.getByText('Reasoning').click()
  await said.getByText('a question of **tides**').waitFor()

  await message.fill('Who says so?')
  await message.press('Enter')
  await said.getByText('From the').waitFor()
  expect(await message.inputValue()).toBe('')
  model.letGo()
  await said.getByText('harbour office, <b>of course</b> x').waitFor()
  await page.getByRole('status').filter({ hasText: 'your turn' }).waitFor()
  expect(await said.getByRole('article').count()).toBe(4)
})

it('finds it by what was said, saves it as a file, opens it from its run, and marks it in the list of runs', async () => {
  const history = page.getByRole('navigation', { name: 'Conversations' })
  await history.getByRole('textbox').fill('harbour office')
  await page.waitForURL(/\?q=harbour/)
  await history.getByRole('link', { name: /When does the tide turn/ }).waitFor()
  await history.getByRole('textbox').fill('lighthouse')
  await history.getByText('Nothing of that was said').waitFor()
  await history.getByRole('button', { name: 'Show all' }).click()

  for (const [format, has] of [['md', '## openai/scripted'], ['txt', 'openai/scripted:'], ['json', '"who": "agent"']] as const) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Export as ${format}` }).click()])
    expect(file.suggestedFilename()).toMatch(new RegExp(`^chat-openai-scripted-\\w{8}\\.${format}$`))
    const text = await readFile(await file.path(), 'utf8')
    expect(text).toContain(has)
    expect(text).toContain('harbour office')
  }

  await page.getByRole('link', { name: 'Open the run' }).click()
  const steps = page.getByRole('region', { name: 'Steps' })
  await steps.getByText('The next message came after').waitFor()
  await steps.getByText('Who says so?').waitFor()
  await page.getByRole('link', { name: 'Open as chat' }).click()
  await page.waitForURL(/\/chat\/\w{20}/)
  await page.goto('/runs')
  await page.getByRole('row', { name: /Conversation: When does the tide turn/ }).waitFor()
})

it('has no violation of WCAG 2 AA, light and dark, also on a phone, which shows the list or the conversation', { timeout: 300_000 }, async () => {
  const { runs: [run] } = await stage.server.client.runs.list({ chats: true })
  const phone = await stage.open('/chat', PHONE)
  await phone.getByRole('link', { name: /When does the tide turn/ }).click()
  await phone.getByText('harbour office').waitFor()
  expect(await phone.getByRole('navigation', { name: 'Conversations' }).count()).toBe(0)
  await phone.getByRole('link', { name: 'All conversations' }).click()
  await phone.getByRole('navigation', { name: 'Conversations' }).waitFor()
  for (const one of [page, phone]) {
    for (const [path, there] of [['/chat', 'When does the tide turn?'], ['/chat?new', 'A model by itself'], [`/chat/${run!.id}`, 'harbour office']] as const) {
      await one.goto(path)
      await one.getByText(there).filter({ visible: true }).first().waitFor()
      await expectAccessible(one)
    }
  }
  expect(stage.faults).toEqual([])
})

it('ends when somebody says so, and says it when an answer is stopped', async () => {
  const { runs: [run] } = await stage.server.client.runs.list({ chats: true })
  await page.goto(`/chat/${run!.id}`)
  await page.getByRole('button', { name: 'End', exact: true }).click()
  await page.getByText('The conversation has ended.').waitFor()
  await stage.server.client.agents.save({ source: 'name: pilot\nruntime: llm\nmodel: openai/scripted\ncost: unmetered\ntools: [shell]\napprovals: { shell: auto }\nisolation: process\n' })
  const other = await stage.server.client.chats.start({ agent: 'pilot', message: 'Which quay?' })
  await page.goto(`/chat/${other.id}`)
  await page.getByText('It is the').waitFor()
  const tool = page.getByRole('group').filter({ hasText: 'echo north quay' })
  await tool.getByText('echo north quay').first().click()
  await tool.getByRole('region', { name: 'Result' }).getByText('north quay').waitFor()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByRole('button', { name: 'Stop and end' }).click()
  await page.getByText('It was cut off here.').waitFor()
  await page.getByText('The conversation has ended.').waitFor()
  expect((await stage.server.client.runs.get(other.id)).status).toBe('cancelled')
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
