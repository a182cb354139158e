import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countingAgent } from './counting-agent.ts'
import { temporaryFolder } from './repository.ts'
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

it('shows the one process of a small installation with what it runs, its lease, and how to have more of them', async () => {
  const page = await stage.open('/')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('5')
  await page.getByRole('heading', { name: 'Workers' }).waitFor()
  const worker = page.getByRole('list', { name: 'Workers' }).getByRole('listitem').first()
  await worker.getByText('server and worker').waitFor()
  await worker.getByText(/^0 of \d+ slots$/).waitFor()
  await page.getByText('npx agentos worker').waitFor()
  // Nobody else would take its runs.
  expect(await page.getByRole('button', { name: /^Drain/ }).count()).toBe(0)

  const run = await stage.server.client.runs.submit({ manifest: { source: countingAgent({ name: 'counting', folder: folder.path }) }, task: 'count for long' })
  await worker.getByText(/^1 of \d+ slots$/).waitFor()
  const link = page.getByRole('link', { name: /count for long/ })
  expect(await link.getAttribute('href')).toBe(`/runs/${run.id}`)
  await link.getByText(/^lease \d+ s$/).waitFor()
  await writeFile(join(folder.path, 'enough'), '')
  await worker.getByText(/^0 of \d+ slots$/).waitFor()
  await link.waitFor({ state: 'detached' })
  expect(stage.faults).toEqual([])
})
