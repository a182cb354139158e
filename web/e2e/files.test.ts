import type { Page } from 'playwright-core'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE, WIDE } from './browser.ts'
import { temporaryFolder } from './repository.ts'
import { setStage } from './stage.ts'

let folder: Folder
let stage: Stage

beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'src'))
  await writeFile(join(folder.path, 'src/refund.ts'), 'const total = 1\nconst tax = 2\nreturn total\n')
  await chmod(folder.path, 0o755)
  stage = await setStage({ roots: [folder.path] })
})
afterAll(async () => {
  await stage?.close()
  await folder?.remove()
})

it('shows what a run has changed as a tree, a change line by line, hostile text as text, and gives all of it', async () => {
  const source = `name: changes\nisolation: process\nsteps:\n  - name: work\n    run: |\n      sed -i s/2/3/ src/refund.ts; echo '<img src=x onerror=window.owned=1>' > page.html; printf '\\0' > bytes; ln -s /etc/passwd out\n`
  const { id } = await stage.server.client.runs.submit({ manifest: { source }, workspace: folder.path })
  for (const context of [WIDE, PHONE]) {
    const page = await stage.open(`/runs/${id}?tab=files`, context)
    const tree = page.getByRole('tree', { name: 'Changed files' })
    await tree.getByRole('treeitem').filter({ hasText: 'refund.ts' }).click()
    const chosen = page.getByRole('region', { name: 'Chosen file' })
    const diff = chosen.getByRole('group', { name: 'What has changed' })
    await expect.poll(() => diff.textContent()).toMatch(/−\s*const tax = 2[\s\S]*\+\s*const tax = 3/)
    await page.keyboard.press('ArrowDown')
    await page.getByRole('region', { name: 'Chosen file' }).getByText('It is no text. Download it.').waitFor()

    await tree.getByRole('treeitem').filter({ hasText: 'page.html' }).click()
    await expect.poll(() => diff.textContent()).toContain('<img src=x onerror=window.owned=1>')
    expect(await page.evaluate(() => 'owned' in window)).toBe(false)
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'All' }).click()])
    expect(download.suggestedFilename()).toMatch(/^workspace-\w+\.tar\.gz$/)

    await tree.getByRole('treeitem').filter({ hasText: 'refund.ts' }).click()
    await expect.poll(() => diff.textContent()).toContain('const tax = 3')
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await violations(page), colorScheme).toEqual([])
      if (process.env.AGENTOS_SCREENSHOTS)
        await page.screenshot({ path: join(process.env.AGENTOS_SCREENSHOTS, `files-${context === PHONE ? '390' : 'wide'}-${colorScheme}.png`) })
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
  }
  expect(stage.faults).toEqual([])
})

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
  return found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.any[0]?.message ?? node.html}`))
}

it('keeps a workspace while its run goes on, says which moment it is, and draws pictures and no other thing', async () => {
  const source = `name: draws\nisolation: process\nsteps:\n  - name: work\n    run: |\n      echo ${PNG} | base64 -d > dot.png\n      printf '<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=1"/>' > dot.svg; cp dot.svg not.png; echo drawn; sleep 600\n`
  const { id } = await stage.server.client.runs.submit({ manifest: { source } })
  const page = await stage.open(`/runs/${id}?tab=files`, WIDE)
  await page.getByRole('button', { name: 'Keep it now' }).click()
  const tree = page.getByRole('tree', { name: 'Changed files' })
  await tree.getByRole('treeitem').filter({ hasText: 'dot.png' }).click()
  const chosen = page.getByRole('region', { name: 'Chosen file' })
  const picture = chosen.getByRole('img', { name: 'dot.png' })
  await picture.waitFor()
  await expect.poll(() => picture.evaluate(image => (image as HTMLImageElement).naturalWidth), { timeout: 45_000 }).toBe(1)
  await page.getByText(/As it was at \d\d:\d\d:\d\d, while it ran/).first().waitFor()
  for (const name of ['dot.svg', 'not.png']) {
    await tree.getByRole('treeitem').filter({ hasText: name }).click()
    await chosen.getByText('onload="window.owned=1"').waitFor()
    expect(await chosen.getByRole('img', { name }).count()).toBe(0)
  }
  expect(await page.evaluate(() => 'owned' in window)).toBe(false)
  await tree.getByRole('treeitem').filter({ hasText: 'dot.png' }).click()
  for (const context of [WIDE, PHONE]) {
    const shown = context === WIDE ? page : await stage.open(`/runs/${id}?tab=files`, PHONE)
    await shown.getByRole('tree', { name: 'Changed files' }).getByRole('treeitem').filter({ hasText: 'dot.png' }).click()
    await shown.getByRole('img', { name: 'dot.png' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await shown.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await violations(shown), colorScheme).toEqual([])
      if (process.env.AGENTOS_SCREENSHOTS)
        await shown.screenshot({ path: join(process.env.AGENTOS_SCREENSHOTS, `snapshot-${context === PHONE ? '390' : 'wide'}-${colorScheme}.png`) })
    }
    expect(await shown.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
  }
  await stage.server.client.runs.stop(id)
  await page.getByText(/As it was at the end/).first().waitFor()
  expect(stage.faults).toEqual([])
})

it('sends a folder from the form, and the run starts from it', async () => {
  await stage.server.client.agents.save({ source: 'name: reads\nisolation: process\nworkspace: { from: . }\nsteps: [{ name: work, run: "cat src/refund.ts" }]\n' })
  for (const context of [WIDE, PHONE]) {
    const page = await stage.open('/agents/reads', context)
    const form = page.getByRole('region', { name: 'Run reads' })
    await form.locator('input[type=file]').setInputFiles(folder.path)
    await form.getByText(/1 file, \d+ B, sent/).waitFor()
    await expect.poll(() => form.getByRole('combobox', { name: 'Workspace' }).inputValue()).toMatch(/^upload:\w{20}$/)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await violations(page), colorScheme).toEqual([])
      if (process.env.AGENTOS_SCREENSHOTS)
        await page.screenshot({ path: join(process.env.AGENTOS_SCREENSHOTS, `upload-${context === PHONE ? '390' : 'wide'}-${colorScheme}.png`) })
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
    await form.getByRole('button', { name: 'Run' }).click()
    await page.waitForURL(/\/runs\/\w+/)
    const id = /\/runs\/(\w+)/.exec(page.url())![1]!
    await expect.poll(async () => (await stage.server.client.runs.get(id)).status, { timeout: 45_000 }).toBe('succeeded')
    const events = await stage.server.client.events.list({ runId: id })
    expect(events.flatMap(event => event.type === 'step.output' ? [event.data.text] : []).join('')).toContain('const tax = 2')
  }
  expect(stage.faults).toEqual([])
})

/** One point. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
