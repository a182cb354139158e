import type { Page } from 'playwright-core'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE } from './browser.ts'
import { countingAgent } from './counting-agent.ts'
import { temporaryFolder } from './repository.ts'
import { PATIENCE_MS, setStage } from './stage.ts'

/** Oldest first: agent, exit code, task. */
const ENDED = [
  ['well', 0, 'mend the crane'],
  ['well', 0, 'paint the crane'],
  ['well', 0, 'count the boats'],
  ['badly', 3, 'lift too much'],
  ['badly', 3, 'lift nothing'],
] as const

/** As the list has them. */
const ALL = ENDED.map(([_agent, _code, task]) => task).reverse()

let folder: Folder
let stage: Stage
let page: Page

beforeAll(async () => {
  folder = await temporaryFolder()
  stage = await setStage({ roots: [folder.path] })
  const { runs } = stage.server.client
  for (const [agent, code, task] of ENDED)
    await runs.submit({ manifest: { source: `name: ${agent}\nsteps:\n  - run: exit ${code}\n` }, task })
  const { runs: submitted } = await runs.list()
  await Promise.all(submitted.map(run => runs.result(run.id)))
  page = await stage.open('/')
})
afterAll(async () => {
  await stage?.close()
  await folder?.remove()
})

it('keeps the filters in the address, so that a link and a reload show the same', async () => {
  await page.goto('/runs')
  await rowsAre(...ALL)
  await page.getByRole('button', { name: 'Status' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Failed' }).click()
  await page.waitForURL(/status=failed/)
  await page.keyboard.press('Escape')
  await rowsAre('lift nothing', 'lift too much')
  await page.reload()
  await rowsAre('lift nothing', 'lift too much')
  await page.getByRole('button', { name: 'Clear the filter Status' }).click()

  await page.getByRole('button', { name: 'Agent' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'well', exact: true }).click()
  await page.waitForURL(/agent=well/)
  await page.keyboard.press('Escape')
  await rowsAre('count the boats', 'paint the crane', 'mend the crane')
  await page.goBack()
  await page.goto('/runs?status=succeeded&q=crane')
  await rowsAre('paint the crane', 'mend the crane')
  expect(await page.getByRole('textbox', { name: 'Search runs' }).inputValue()).toBe('crane')
})

it('finds runs by the beginning of an id and by words of the task', async () => {
  await page.goto('/runs')
  await rowsAre(...ALL)
  const run = (await stage.server.client.runs.list({ search: 'boats' })).runs[0]!
  await page.keyboard.press('/')
  await page.keyboard.type(run.id.slice(0, 9))
  await rowsAre('count the boats')
  await page.keyboard.press('Escape')
  await rowsAre(...ALL)
  await page.keyboard.type('LIFT')
  await rowsAre('lift nothing', 'lift too much')
  await page.getByRole('textbox', { name: 'Search runs' }).fill('nothing is called this')
  await page.getByText('No run fits these filters').waitFor()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await rowsAre(...ALL)
})

it('shows a new run and its status without a reload, on every page that is open', async () => {
  await page.goto('/runs')
  const phone = await stage.open('/runs', PHONE)
  const overview = await stage.open('/')
  const run = await stage.server.client.runs.submit({ manifest: { source: countingAgent({ name: 'counting', folder: folder.path }) }, task: 'count for long' })
  await row(page, 'count for long').getByText('Running').waitFor()
  await page.getByRole('navigation', { name: 'Pages' }).getByText('1 running').waitFor()
  await phone.getByRole('link', { name: 'count for long' }).getByRole('img', { name: 'Running' }).waitFor()
  await overview.getByRole('link', { name: /count for long/ }).waitFor()

  await writeFile(join(folder.path, 'enough'), '')
  await row(page, 'count for long').getByText('Succeeded').waitFor()
  await phone.getByRole('link', { name: 'count for long' }).getByRole('img', { name: 'Succeeded' }).waitFor()
  await overview.getByRole('region', { name: 'Ended' }).getByRole('link', { name: /count for long/ }).waitFor()
  await stage.server.client.runs.prune({ ids: [run.id] })
  await row(page, 'count for long').waitFor({ state: 'detached' })
  await phone.context().close()
  await overview.context().close()
})

it('is driven by the keyboard: j and k move, Enter opens, x selects', async () => {
  await page.goto('/runs')
  await rowsAre(...ALL)
  for (const key of ['j', 'j', 'j', 'k'])
    await page.keyboard.press(key)
  await page.keyboard.press('x')
  await page.getByRole('toolbar', { name: 'Chosen runs' }).getByText('1 selected').waitFor()
  expect(await page.getByRole('checkbox', { name: /lift too much/ }).isChecked()).toBe(true)
  await page.keyboard.press('Escape')
  await page.getByRole('toolbar', { name: 'Chosen runs' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'lift too much' }).waitFor()
  await page.keyboard.press('2')
  await page.getByRole('heading', { name: 'Runs' }).waitFor()
})

/** Until it takes what is typed: what comes before is a key of the page. */
async function openPalette(): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k')
  await page.waitForFunction(() => document.activeElement?.matches('[role=dialog] input'))
}

it('goes anywhere by the palette: a page, an agent, a run by its words', async () => {
  await page.goto('/')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const palette = page.getByRole('dialog', { name: 'Search or run' })
  await openPalette()
  await page.keyboard.type('Runs')
  await palette.getByRole('option', { name: 'Runs' }).first().click()
  await page.waitForURL(/\/runs$/)

  await openPalette()
  await page.keyboard.type('boats')
  await palette.getByRole('option', { name: /count the boats/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'count the boats' }).waitFor()

  await page.keyboard.press('r')
  await page.getByRole('dialog', { name: 'Run an agent' }).getByRole('option', { name: /disk-usage/ }).click()
  await page.waitForURL(/\/agents\/disk-usage$/)

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

it('prunes chosen runs after it has asked, and their addresses say that they are gone', async () => {
  await page.goto('/runs?status=failed')
  await rowsAre('lift nothing', 'lift too much')
  const { runs } = await stage.server.client.runs.list({ search: 'lift' })
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check({ force: true })
  await page.getByRole('toolbar', { name: 'Chosen runs' }).getByRole('button', { name: 'Prune 2…' }).click()
  const question = page.getByRole('dialog', { name: 'Prune 2 runs?' })
  await question.getByRole('button', { name: 'Keep them' }).click()
  await question.waitFor({ state: 'detached' })
  expect((await stage.server.client.runs.list()).runs).toHaveLength(5)

  await page.getByRole('toolbar', { name: 'Chosen runs' }).getByRole('button', { name: 'Prune 2…' }).click()
  await question.getByRole('button', { name: 'Prune 2 runs' }).click()
  await page.getByText('No run fits these filters').waitFor()
  expect((await stage.server.client.runs.list()).runs).toHaveLength(3)
  await page.goto(`/runs/${runs[0]!.id}`)
  await page.getByRole('heading', { name: /^There is no run/ }).waitFor()
})

function row(where: Page, task: string) {
  return where.getByRole('row').filter({ hasText: task })
}

/** Waits until the table has exactly these runs, from top to bottom. */
async function rowsAre(...tasks: string[]): Promise<void> {
  await expect.poll(() => page.locator('tbody [data-run]').allInnerTexts(), { timeout: PATIENCE_MS }).toEqual(tasks)
}
