import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countingAgent } from './counting-agent.ts'
import { processesWith } from './processes.ts'
import { temporaryFolder } from './repository.ts'
import { expectStoredEventsOnPage } from './run-page.ts'
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

it('asks before it stops a run, then ends all that is of it', async () => {
  const mark = `${process.pid}${Date.now() % 100_000}`
  const run = await stage.server.client.runs.submit({ manifest: { source: countingAgent({ name: 'counting', folder: folder.path, mark }) } })
  const page = await stage.open(`/runs/${run.id}`)
  await page.getByRole('tabpanel').getByText(/line 1\d of/).first().waitFor()
  expect(await processesWith(mark)).not.toEqual([])

  const question = page.getByRole('group', { name: 'Stop this run?' })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await question.getByRole('button', { name: 'Keep it' }).click()
  await question.waitFor({ state: 'detached' })
  expect((await stage.server.client.runs.get(run.id)).status).toBe('running')

  // By the keyboard as well: the question has the focus, and Escape keeps it running.
  await page.keyboard.press('s')
  await question.waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  await page.keyboard.press('s')
  await page.keyboard.press('Enter')

  await page.getByRole('status').filter({ hasText: /^Cancelled.*nothing of it still runs/ }).waitFor()
  expect(await processesWith(mark)).toEqual([])
  expect(await stage.server.client.runs.get(run.id)).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
  await page.getByRole('button', { name: 'Retry' }).waitFor()
  expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0)
  await expectStoredEventsOnPage(stage.server, page, run.id)
  expect(stage.faults).toEqual([])
})
