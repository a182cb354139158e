import type { Page } from 'playwright-core'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from './repository.ts'
import { runIdOf, waitForState } from './run-page.ts'
import { setStage } from './stage.ts'

let folder: Folder
let stage: Stage
let page: Page

beforeAll(async () => {
  folder = await temporaryFolder()
  stage = await setStage({ roots: [folder.path] })
  page = await stage.open('/')
})
afterAll(async () => {
  await stage?.close()
  await folder?.remove()
})

it('says before a run that no model is there, and what to paste to have one', async () => {
  await page.goto('/agents')
  await page.getByRole('listitem').filter({ hasText: 'explain-repository' }).getByRole('link', { name: 'Look at explain-repository' }).click()
  await page.getByText('It cannot run now.').waitFor()
  await page.getByRole('textbox', { name: 'Task' }).fill('What is this?')
  await submit()
  const refusal = page.getByRole('alert')
  await refusal.waitFor()
  expect(await refusal.textContent()).toMatch(/OPENAI_API_KEY/)
  await nothingHasRun()
})

it('says which folders a run may start from when another is given on the form', async () => {
  await page.goto('/agents/disk-usage')
  await page.getByRole('combobox', { name: 'Workspace' }).fill('/etc')
  await page.keyboard.press('Escape')
  await submit()
  const refusal = page.getByRole('alert')
  await refusal.waitFor()
  expect(await refusal.textContent()).toContain('/etc')
  expect(await refusal.textContent()).toContain(folder.path)
  await nothingHasRun()
})

it('says beside its field what is wrong with an input', async () => {
  await stage.server.client.agents.save({ source: 'name: needy\ninputs:\n  count: { type: number, required: true }\nsteps:\n  - run: echo "$INPUT_COUNT given"\n' })
  await page.goto('/agents/needy')
  const field = page.getByRole('textbox', { name: 'count' })
  await submit()
  await page.getByRole('alert').getByText('This input is required.').waitFor()
  await field.fill('many')
  await page.getByRole('alert').getByText('Expected a number, got “many”.').waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await nothingHasRun()
  await field.fill('3')
  await submit()
  await runIdOf(page)
  await waitForState(page, 'Ended')
  await page.getByRole('tabpanel').getByText('3 given').waitFor()
})

it('says of a manifest what does not act yet, and refuses to run it', async () => {
  await stage.server.client.agents.save({ source: 'name: daring\ndescription: Wants to be asked about its cost\napprovals: { cost: $1 }\nsteps:\n  - run: git push\n' })
  await page.goto('/agents/daring')
  await page.getByText('It cannot run now.').waitFor()
  await submit()
  expect(await page.getByRole('alert').textContent()).toMatch(/approvals\.cost/)
})

it('keeps the agent as it was when a manifest is wrong, and names the line, the key, what was expected and what came', async () => {
  const before = await stage.server.client.agents.list()
  const wrong = 'name: daring\nsteps:\n  - run: echo hello\n    timeout: soon\n'
  await expect(stage.server.client.agents.save({ source: wrong, path: 'daring.yaml' })).rejects.toThrow(/daring\.yaml:4.*timeout.*soon/s)
  const { problems } = await stage.server.client.agents.check(wrong)
  expect(problems).toEqual([expect.objectContaining({ line: 4, key: 'steps[0].timeout', received: expect.stringContaining('soon') })])
  expect(await stage.server.client.agents.list()).toEqual(before)
})

it('explains an address that leads nowhere', async () => {
  await page.goto('/runs/nosuchrun')
  await page.getByRole('heading', { name: 'There is no run nosuchrun' }).waitFor()
  await page.goto('/agents/nobody')
  await page.getByText('There is no such agent').waitFor()
  await page.goto('/nowhere')
  await page.getByText('There is no such page').waitFor()
})

async function submit(): Promise<void> {
  await page.locator('button[type=submit]').click()
}

async function nothingHasRun(): Promise<void> {
  expect((await stage.server.client.runs.list()).runs).toEqual([])
}
