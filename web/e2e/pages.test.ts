import type { BrowserContextOptions, Page, Response } from 'playwright-core'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PHONE, WIDE } from './browser.ts'
import { makeRepository, temporaryFolder } from './repository.ts'
import { setStage } from './stage.ts'

let folder: Folder
let stage: Stage
let ended: string
let failed: string

beforeAll(async () => {
  folder = await temporaryFolder()
  const repository = await makeRepository(folder.path, 'harbour')
  stage = await setStage({ roots: [folder.path] })
  const { runs } = stage.server.client
  const wrong = 'name: wrong\ndescription: Fails on purpose\nsteps:\n  - { name: lift, run: "echo lifting; exit 3" }\n'
  ended = (await runs.submit({ agent: 'repo-report', workspace: repository, task: 'What is this harbour, and who has built it?' })).id
  failed = (await runs.submit({ manifest: { source: wrong } })).id
  await Promise.all([runs.result(ended), runs.result(failed)])
})
afterAll(async () => {
  await stage?.close()
  await folder?.remove()
})

/** Each page, and what stands on it when all of it is there. */
const PAGES: { name: string, path: () => string, ready: (page: Page) => Promise<void> }[] = [
  { name: 'Overview', path: () => '/', ready: page => page.getByRole('region', { name: 'Ended' }).getByText('What is this harbour').waitFor() },
  { name: 'Runs', path: () => '/runs', ready: page => page.getByRole('link', { name: /What is this harbour/ }).waitFor() },
  { name: 'Agents', path: () => '/agents', ready: page => page.getByRole('link', { name: 'repo-report', exact: true }).waitFor() },
  { name: 'Agent', path: () => '/agents/repo-report', ready: page => page.getByRole('region', { name: 'Last runs' }).getByText('What is this harbour').waitFor() },
  { name: 'Agent that cannot run', path: () => '/agents/explain-repository', ready: page => page.getByText('It cannot run now.').waitFor() },
  { name: 'Workers', path: () => '/workers', ready: page => page.getByRole('list', { name: 'Workers' }).getByText('server and worker').waitFor() },
  { name: 'Usage', path: () => '/usage', ready: page => page.getByText('No budget is set').waitFor() },
  { name: 'Run', path: () => `/runs/${ended}`, ready: page => page.getByText('nothing of it still runs').waitFor() },
  { name: 'Run, events', path: () => `/runs/${ended}?tab=events`, ready: page => page.getByRole('button', { name: 'run.ended' }).waitFor() },
  { name: 'Run that failed', path: () => `/runs/${failed}`, ready: page => page.getByText('nothing of it still runs').waitFor() },
]

const SIZES: [string, BrowserContextOptions][] = [['1440', WIDE], ['390', PHONE]]

describe.each(SIZES)('at %s px', (size, context) => {
  it('has no violation of WCAG 2 AA on any page, light and dark, fits its width, and logs no error', async () => {
    const page = await stage.open('/', context)
    for (const { name, path, ready } of PAGES) {
      await page.goto(path())
      await ready(page)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.waitForFunction(dark => document.documentElement.classList.contains('dark') === dark, colorScheme === 'dark')
        expect(await violations(page, colorScheme), `${name}, ${size}, ${colorScheme}`).toEqual([])
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${name}, ${size}`).toBe(0)
    }
    expect(stage.faults).toEqual([])
  })

  it('has none on the page that signs in', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await (await stage.browser.newContext({ ...context, colorScheme, baseURL: stage.server.url })).newPage()
      await page.goto('/sign-in')
      await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor()
      expect(await violations(page, colorScheme), colorScheme).toEqual([])
      await page.goto('/setup?token=nonsense')
      await page.getByRole('heading', { name: 'This link is no longer good' }).waitFor()
      expect(await violations(page, colorScheme), colorScheme).toEqual([])
    }
  })
})

it('loads at most 200 kB of compressed JavaScript for its first page, and nothing from elsewhere', async () => {
  const page = await stage.open('about:blank')
  const scripts: Response[] = []
  page.on('response', response => response.request().resourceType() === 'script' && scripts.push(response))
  await page.goto('/', { waitUntil: 'networkidle' })
  await PAGES[0]!.ready(page)
  const sizes = await Promise.all(scripts.map(async response => gzipSync(await response.body()).length))
  expect(sizes.length).toBeGreaterThan(1)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200_000)
})

it('keeps the theme that was chosen, from the first paint on', async () => {
  const page = await stage.open('/', { colorScheme: 'light' })
  await page.getByRole('button', { name: 'Switch to dark' }).click()
  await page.reload({ waitUntil: 'commit' })
  await page.waitForFunction(() => document.documentElement.classList.contains('dark'))
  await page.getByRole('button', { name: 'Switch to light' }).waitFor()
})

/** Another theme changes colours alone: what does not depend on them is looked at in one. */
async function violations(page: Page, theme: 'light' | 'dark'): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
  const found = await (theme === 'dark' ? axe.withRules(['color-contrast', 'link-in-text-block']) : axe.withTags(RULES)).analyze()
  return found.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.any[0]?.message ?? node.html}`))
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
