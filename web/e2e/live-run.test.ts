import type { Page } from 'playwright-core'
import type { Cable } from './cable.ts'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { layCable } from './cable.ts'
import { countingAgent } from './counting-agent.ts'
import { processesWith } from './processes.ts'
import { temporaryFolder } from './repository.ts'
import { expectStoredEventsOnPage, waitForState } from './run-page.ts'
import { PATIENCE_MS, setStage } from './stage.ts'

let folder: Folder
let cable: Cable
let stage: Stage
/** Digits that no other process of this machine has in its command line. */
let mark: string
let marks = 0

beforeAll(async () => {
  folder = await temporaryFolder()
  cable = await layCable()
  stage = await setStage({ cable, roots: [folder.path] })
})
beforeEach(async () => {
  cable.join()
  mark = `${process.pid}${Date.now() % 100_000}${++marks}`
  await rm(join(folder.path, 'enough'), { force: true })
})
afterAll(async () => {
  await stage?.close()
  await cable?.close()
  await folder?.remove()
})

it('shows each line as it is printed, and after a reload in the middle all of them', async () => {
  const { page, runId } = await openCounting()
  await lineOnPage(page, 20)
  await page.reload()
  await lineOnPage(page, 40)
  await enough()
  await expectStoredEventsOnPage(stage.server, page, runId)
  expect(stage.faults).toEqual([])
})

it('says that it reconnects when the socket is lost, and then has what came meanwhile, once', async () => {
  const { page, runId } = await openCounting()
  await lineOnPage(page, 10)
  cable.cut()
  await waitForState(page, 'Reconnecting')
  await page.getByText('The server does not answer. Trying again.').waitFor()
  const { lastSeq } = await stage.server.client.runs.get(runId)
  await expect.poll(async () => (await stage.server.client.runs.get(runId)).lastSeq, { timeout: PATIENCE_MS }).toBeGreaterThan(lastSeq + 5)
  cable.join()
  await waitForState(page, 'Live')
  await lineOnPage(page, 40)
  await enough()
  await expectStoredEventsOnPage(stage.server, page, runId)
})

it('has the end of a run that ended while the socket was lost', async () => {
  const { page, runId } = await openCounting()
  await lineOnPage(page, 10)
  cable.cut()
  await waitForState(page, 'Reconnecting')
  await enough()
  await stage.server.client.runs.result(runId)
  cable.join()
  await page.getByRole('status').filter({ hasText: /^Succeeded/ }).waitFor()
  await expectStoredEventsOnPage(stage.server, page, runId)
})

it('shows a run as interrupted after its server was killed in the middle and started again, and nothing of it is alive', async () => {
  const { page, runId } = await openCounting()
  await lineOnPage(page, 10)
  expect(await processesWith(mark)).not.toEqual([])
  await stage.killServer()
  await waitForState(page, 'Reconnecting')
  await stage.startAgain()
  await page.getByRole('status').filter({ hasText: /^Failed.*worker or executor was lost/ }).waitFor()
  expect(await stage.server.client.runs.get(runId)).toMatchObject({ status: 'failed', reason: 'interrupted' })
  expect(await processesWith(mark)).toEqual([])
  await expectStoredEventsOnPage(stage.server, page, runId)

  await page.goto('/runs')
  await page.getByRole('row').filter({ has: page.locator(`[data-run="${runId}"]`) }).getByText('interrupted').waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'Running' }).count()).toBe(0)
})

it('asks before it stops a run, then ends all that is of it', async () => {
  const { page, runId } = await openCounting()
  await lineOnPage(page, 10)
  expect(await processesWith(mark)).not.toEqual([])

  const question = page.getByRole('group', { name: 'Stop this run?' })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await question.getByRole('button', { name: 'Keep it' }).click()
  await question.waitFor({ state: 'detached' })
  expect((await stage.server.client.runs.get(runId)).status).toBe('running')

  // By the keyboard as well: the question has the focus, and Escape keeps it running.
  await page.keyboard.press('s')
  await question.waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  await page.keyboard.press('s')
  await page.keyboard.press('Enter')

  await page.getByRole('status').filter({ hasText: /^Cancelled.*nothing of it still runs/ }).waitFor()
  expect(await processesWith(mark)).toEqual([])
  expect(await stage.server.client.runs.get(runId)).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
  await page.getByRole('button', { name: 'Retry' }).waitFor()
  expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0)
  await expectStoredEventsOnPage(stage.server, page, runId)
})

async function openCounting(): Promise<{ page: Page, runId: string }> {
  const { client } = stage.server
  const run = await client.runs.submit({ manifest: { source: countingAgent({ name: 'counting', folder: folder.path, mark }) } })
  return { page: await stage.open(`/runs/${run.id}`), runId: run.id }
}

/** The terminal keeps to the end, so a line may have gone by: one that is not earlier will do. */
async function lineOnPage(page: Page, atLeast: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const lines = [...document.querySelector('[role=tabpanel]')?.textContent.matchAll(/line (\d+) of/g) ?? []]
    return Number(lines.at(-1)?.[1] ?? 0) >= wanted
  }, atLeast)
}

async function enough(): Promise<void> {
  await writeFile(join(folder.path, 'enough'), '')
}
