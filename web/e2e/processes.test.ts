import type { Page } from 'playwright-core'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE, WIDE } from './browser.ts'
import { temporaryFolder } from './repository.ts'
import { setStage } from './stage.ts'

/** Of the first line of a command: what a program may call itself to be taken for something else. */
const HOSTILE = 'evil \\033[31mred\\033]0;title\\007 \\342\\200\\256txt.exe <img src=x onerror=window.owned=1>'

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

it('shows the processes of a run as a tree while it runs, and that none is left when it has ended', async () => {
  const id = await submit('sh -c "sleep 311; :" &\nsleep 312 &\nwait')
  const page = await stage.open(`/runs/${id}`, WIDE)
  // The page's keys are there when the page is.
  await page.getByRole('tab', { name: 'Processes' }).waitFor()
  await page.keyboard.press('p')
  const tree = page.getByRole('tree', { name: 'Process tree' })
  const [child, sleeper] = [tree.getByRole('treeitem').filter({ hasText: 'sh -c sleep 311; :' }), tree.getByRole('treeitem').filter({ hasText: /^\d+\s*sleep 311/ })]
  await sleeper.waitFor()
  expect(Number(await sleeper.getAttribute('aria-level'))).toBe(Number(await child.last().getAttribute('aria-level')) + 1)
  expect(new URL(page.url()).searchParams.get('tab')).toBe('processes')

  await tree.getByRole('treeitem').filter({ hasText: /^\d+\s*sleep 312/ }).click()
  const chosen = page.getByRole('region', { name: 'Chosen process' })
  await expect.poll(() => chosen.getByRole('group', { name: 'Command line' }).textContent()).toContain('sleep 312')
  await page.keyboard.press('ArrowUp')
  await expect.poll(() => chosen.getByRole('group', { name: 'Command line' }).textContent()).not.toContain('sleep 312')
  await expect.poll(() => page.getByRole('list', { name: 'Used of what it may' }).textContent()).toMatch(/Memory\s*[\d.]+ [KM]\s*\/ 1 G/)
  expect(await page.getByRole('meter', { name: 'Memory' }).count()).toBe(1)

  await stage.server.client.runs.stop(id)
  await page.getByRole('region', { name: 'Processes' }).getByText('Nothing of it still runs.').waitFor()
  expect(stage.faults).toEqual([])
})

it('shows a hostile command line as the text that it is, at 390 px too, with no violation of WCAG 2 AA', async () => {
  const id = await submit(`sh -c 'sleep 313; :' "$(printf '${HOSTILE}')" &\nwait`)
  for (const context of [WIDE, PHONE]) {
    const page = await stage.open(`/runs/${id}?tab=processes`, context)
    const item = page.getByRole('treeitem').filter({ hasText: /^\d+\s*sh -c sleep 313; : evil/ })
    await item.click()
    const line = page.getByRole('group', { name: 'Command line' })
    await expect.poll(() => line.textContent()).toContain('evil red \\u202etxt.exe <img src=x onerror=window.owned=1>')
    expect(await page.evaluate(() => 'owned' in window)).toBe(false)
    expect(await page.evaluate(() => document.body.textContent!.includes('\u202E'))).toBe(false)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await violations(page), colorScheme).toEqual([])
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
  }
  await stage.server.client.runs.stop(id)
})

it('says an open network as the choice that it is, on the run and on its agent', async () => {
  const id = await submit('sleep 0.2', 'network: open\n', 'opened')
  const page = await stage.open(`/runs/${id}`)
  await page.getByTitle(/network: open/).getByText('network open').waitFor()
  await page.goto('/agents/opened')
  await page.getByTitle(/network: open/).getByText('network open').waitFor()
  expect(stage.faults).toEqual([])
})

it('shows CPU and memory of what runs on the first page', async () => {
  const id = await submit('while :; do :; done')
  const page = await stage.open('/')
  const row = page.locator(`a[href="/runs/${id}"]`).filter({ has: page.getByRole('meter') })
  await expect.poll(async () => /\s[1-9]\d*\s+\d+$/.test((await row.locator('> span').allTextContents()).map(text => text.trim()).join(' ')), { timeout: 20_000 }).toBe(true)
  await stage.server.client.runs.stop(id)
})

async function submit(script: string, more = '', name = 'children'): Promise<string> {
  const source = `name: ${name}\ndescription: Starts children\n${more}steps:\n  - name: work\n    run: |\n${script.split('\n').map(line => `      ${line}`).join('\n')}\n`
  return (await stage.server.client.runs.submit({ manifest: { source } })).id
}

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
  return found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.any[0]?.message ?? node.html}`))
}
