import type { Page } from 'playwright-core'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE } from './browser.ts'
import { temporaryFolder } from './repository.ts'
import { expectStoredEventsOnPage, storedEvents } from './run-page.ts'
import { setStage } from './stage.ts'

let folder: Folder
let stage: Stage

beforeAll(async () => {
  folder = await temporaryFolder()
  stage = await setStage({ roots: [folder.path] })
})
afterAll(async () => {
  await stage?.close()
  await folder?.remove()
})

/** Its second step goes on until there is a file `enough` in its folder; it is over when `after` has said so. */
function releasing(name: string, rest: string): string {
  return `
name: ${name}
workspace: { from: ${folder.path}, mode: mount-read-only }
${rest}
steps:
  - { name: build, run: echo built }
  - name: deploy
    run: |
      echo deploying
      until [ -e enough ]; do sleep 0.05; done
      echo deployed
  - { name: tell, run: echo told }
`
}

/** A run whose server is killed in the middle of `deploy` and started again. */
async function killedInTheMiddle(name: string, rest: string): Promise<{ page: Page, runId: string }> {
  await rm(join(folder.path, 'enough'), { force: true })
  const run = await stage.server.client.runs.submit({ manifest: { source: releasing(name, rest) }, task: `Release ${name}` })
  const page = await stage.open(`/runs/${run.id}`)
  await page.getByRole('region', { name: 'Terminal' }).getByText('deploying', { exact: true }).waitFor()
  await stage.killServer()
  await stage.startAgain()
  return { page, runId: run.id }
}

const card = (page: Page) => page.getByRole('article', { name: 'Settlement' })
const rows = async (page: Page) => (await page.getByRole('treeitem').allInnerTexts()).map(text => text.replace(/\s+/g, ' ').trim())

it('says where a run was resumed, what was kept and repeated, and shows as lost what was cut short', async () => {
  const { page, runId } = await killedInTheMiddle('repeatable', 'effects: retry')
  const marker = page.getByRole('tree').getByText(/^Worker lost, resumed on attempt 2 after/)
  await marker.waitFor()
  await page.getByRole('tree').getByText('1 step kept · 0 repeated · 1 unknown').waitFor()
  await writeFile(join(folder.path, 'enough'), '')
  await page.getByRole('status').filter({ hasText: /^Succeeded/ }).waitFor()
  const tree = await rows(page)
  expect(tree.map(row => /^(?:Attempt \d|Worker lost|\w+)/.exec(row)?.[0])).toEqual(['Attempt 1', 'build', 'deploy', 'Worker lost', 'Attempt 2', 'deploy', 'tell'])
  expect(tree[2]).toContain('unknown, done again')
  await expectStoredEventsOnPage(stage.server, page, runId)
})

it.each([
  { as: 'done', button: /^It was done/, word: 'done, says owner', ends: /^Succeeded/, steps: ['build', 'deploy', 'tell'] },
  { as: 'failed', button: 'It failed', word: 'failed, says owner', ends: /^Failed/, steps: ['build', 'deploy'] },
  { as: 'repeat', button: 'Do it again', word: 'unknown, done again', ends: /^Succeeded/, steps: ['build', 'deploy', 'deploy', 'tell'] },
])('asks a person what became of a step, and goes on as they say: $as', async ({ as, button, word, ends, steps }) => {
  const { page, runId } = await killedInTheMiddle(`ask-${as}`, 'effects: ask')
  await card(page).getByRole('heading', { name: /^Nobody knows how .* ended\. What happened\?$/ }).waitFor()
  await page.getByRole('status').filter({ hasText: /^Waits for a person.*Nothing of it runs and no slot is held/ }).waitFor()
  expect(await card(page).getByText('until [ -e enough ]').count()).toBeGreaterThan(0)
  expect((await stage.server.client.runs.get(runId)).status).toBe('waiting')

  // Who has not opened it sees in the list what it waits for.
  const list = await stage.open('/runs?status=waiting')
  await list.getByRole('row').filter({ hasText: `ask-${as}` }).getByText('to be settled: deploy').waitFor()
  await list.context().close()

  await writeFile(join(folder.path, 'enough'), '')
  await card(page).getByRole('textbox', { name: 'Note' }).fill('I looked at the site')
  await card(page).getByRole('button', { name: button }).click()
  await card(page).waitFor({ state: 'detached' })
  await page.getByRole('status').filter({ hasText: ends }).waitFor()
  const tree = await rows(page)
  expect(tree.map(row => row.split(' ')[0]).filter(name => /^[a-z]/.test(name!))).toEqual(steps)
  expect(tree.find(row => row.startsWith('deploy'))).toContain(word)
  const settled = (await storedEvents(stage.server, runId)).find(event => event.type === 'effect.settled')
  expect(settled?.data).toMatchObject({ as, by: 'owner', note: 'I looked at the site' })
  await expectStoredEventsOnPage(stage.server, page, runId)
})

it('asks on a phone first of all, leads there from every tab, and has no violation of WCAG 2 AA, light and dark', async () => {
  const { page, runId } = await killedInTheMiddle('everywhere', 'effects: ask')
  await card(page).waitFor()
  await expectAccessible(page)
  const phone = await stage.open(`/runs/${runId}`, PHONE)
  await card(phone).waitFor()
  await expectAccessible(phone)
  await phone.getByRole('tab', { name: 'Timeline' }).click()
  await phone.getByRole('button', { name: /^Waits for you/ }).click()
  await card(phone).waitFor()
  await phone.context().close()
  await stage.server.client.runs.stop(runId)
})

it('says why a settlement was refused when somebody else was faster', async () => {
  const { page, runId } = await killedInTheMiddle('twice', 'effects: ask')
  await card(page).waitFor()
  await page.route(/runs\.settle/, async (route) => {
    await stage.server.client.runs.stop(runId)
    await route.continue()
  })
  await page.keyboard.press('ControlOrMeta+Enter')
  await page.getByRole('status').filter({ hasText: /^Cancelled/ }).waitFor()
  await card(page).waitFor({ state: 'detached' })
  expect((await storedEvents(stage.server, runId)).some(event => event.type === 'effect.settled')).toBe(false)
})

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.waitForFunction(dark => document.documentElement.classList.contains('dark') === dark, colorScheme === 'dark')
    const found = await new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
    expect(found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}`)), colorScheme).toEqual([])
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
}
