import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeRepository, temporaryFolder } from './repository.ts'
import { eventsOnPage, expectStoredEventsOnPage, runIdOf, storedEvents, waitForState } from './run-page.ts'
import { setStage } from './stage.ts'

let folder: Folder
let repository: string
let stage: Stage

beforeAll(async () => {
  folder = await temporaryFolder()
  repository = await makeRepository(folder.path, 'harbour')
  stage = await setStage({ roots: [folder.path] })
})
afterAll(async () => {
  await stage?.close()
  await folder?.remove()
})

it('runs repo-report on a repository chosen on the form, and shows each step as it comes', async () => {
  const page = await stage.open('/agents')
  await page.getByRole('link', { name: 'repo-report', exact: true }).click()
  await page.getByRole('textbox', { name: 'Task' }).fill('What is this harbour?')
  const field = page.getByRole('combobox', { name: 'Workspace' })
  await field.fill(`${folder.path}/`)
  await page.getByRole('option', { name: repository }).click()
  await page.getByRole('button', { name: 'Run', exact: false }).and(page.locator('[type=submit]')).click()

  const runId = await runIdOf(page)
  await page.getByRole('heading', { name: 'What is this harbour?' }).waitFor()
  // Each step has its card; the newest is read while it comes.
  const steps = ['find the history', 'who works on it', 'when the work happens', 'what changes most', 'languages', 'biggest files', 'loose ends', 'what a newcomer finds']
  for (const step of steps)
    await page.getByRole('article').filter({ hasText: step }).first().waitFor()
  await waitForState(page, 'Ended')
  await page.getByRole('status').filter({ hasText: /^Succeeded/ }).waitFor()
  await page.getByText('nothing of it still runs').waitFor()

  await page.getByRole('tab', { name: 'Terminal' }).click()
  const terminal = page.getByRole('tabpanel')
  await terminal.getByText('TODO: mind the wind').or(terminal.getByText('README.md')).first().waitFor()

  const run = await stage.server.client.runs.get(runId)
  expect(run).toMatchObject({ status: 'succeeded', agentName: 'repo-report', workspaceFrom: repository })
  await expectStoredEventsOnPage(stage.server, page, runId)
  expect(stage.faults).toEqual([])
})

it('lists every stored event once, newest first, tells how many there are, and opens each as it is stored', async () => {
  const run = (await stage.server.client.runs.list()).runs[0]!
  const stored = await storedEvents(stage.server, run.id)
  const page = await stage.open(`/runs/${run.id}?tab=events`)
  await page.getByRole('tab', { name: `Events ${stored.length}` }).waitFor()
  await page.getByRole('status').filter({ hasText: `event ${stored.length}` }).waitFor()

  const rows = await page.getByRole('group', { name: 'Events, newest first' }).evaluate(readWholeList)
  expect(rows.map(row => row.split(' ')[0])).toEqual(stored.map(event => String(event.seq)).reverse())
  rows.forEach((row, at) => expect(row).toContain(` ${stored.at(-1 - at)!.type}`))

  await page.getByRole('button', { name: /^\d+ .* run\.submitted/ }).click()
  expect(JSON.parse(await page.getByRole('tabpanel').locator('pre').innerText())).toEqual(stored[0])
})

it('narrows the events by type, step or text, and copies what is shown', async () => {
  const run = (await stage.server.client.runs.list()).runs[0]!
  const stored = await storedEvents(stage.server, run.id)
  const page = await stage.open(`/runs/${run.id}?tab=events`)
  await page.getByRole('textbox', { name: 'Filter events' }).fill('step.finished step:2')
  await page.getByRole('button', { name: 'run.submitted' }).waitFor({ state: 'detached' })
  expect(await eventsOnPage(page)).toEqual(stored.filter(event => event.type === 'step.finished' && event.data.step === 2))
  await page.getByRole('textbox', { name: 'Filter events' }).fill('no such word')
  await page.getByText('No event matches').waitFor()
})

/** Scrolls through a list that draws only what is seen, and returns all of its rows from top to bottom, in one line each. */
async function readWholeList(list: HTMLElement): Promise<string[]> {
  const rows = new Map<string, string>()
  const nextFrame = () => new Promise(resolve => requestAnimationFrame(resolve))
  list.scrollTop = 0
  for (;;) {
    await nextFrame()
    await nextFrame()
    for (const row of list.querySelectorAll('button')) {
      const text = row.innerText.replace(/\s+/g, ' ')
      rows.set(text.split(' ')[0]!, text)
    }
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1)
      return [...rows.values()]
    list.scrollTop += list.clientHeight / 2
  }
}
