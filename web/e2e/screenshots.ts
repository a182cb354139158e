/**
 * Pictures of the real pages with real runs: docs/run-page.png for the README, and every page at two sizes and in both
 * themes with --views. By hand, for people to look at: `node web/e2e/screenshots.ts [--repository DIR] [--views DIR]`.
 */
import type { Page } from 'playwright-core'
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { PHONE, WIDE } from './browser.ts'
import { temporaryFolder } from './repository.ts'
import { setStage } from './stage.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({ options: { repository: { type: 'string', default: PROJECT }, views: { type: 'string' } } })

const FAILING = `
name: clean-checkout
description: Fails when something in the repository is not committed or not tracked
steps:
  - name: what git says
    run: git status --short | head -n 20
  - name: nothing is left over
    run: |
      echo "\\033[33mlooking for files that git does not know\\033[0m"
      touch left-over
      test -z "$(git status --porcelain)" || { git status --short; echo "\\033[1;31mthis checkout is not clean\\033[0m" >&2; exit 3; }
  - name: tell the others
    run: echo clean
`

const folder = await temporaryFolder()
// Of its own, so that the picture shows nobody's folders and no work in progress.
const repository = join(folder.path, 'agentos')
await promisify(execFile)('git', ['clone', '-q', values.repository, repository])
const stage = await setStage({ roots: [folder.path] })
try {
  const runs = await runAgents()
  await takeReadmePicture(runs.report)
  if (values.views)
    await takeViews(values.views, runs)
}
finally {
  await stage.close()
  await folder.remove()
}

/** Some that ended well, some that did not, one that goes on, one that waits for it. */
async function runAgents() {
  const { runs } = stage.server.client
  const run = async (input: Parameters<typeof runs.submit>[0]) => (await runs.submit({ workspace: repository, ...input })).id
  const broken = { source: FAILING }
  const ended = [
    await run({ agent: 'disk-usage', task: 'Where has the space gone?' }),
    await run({ manifest: broken, task: 'Is the checkout clean?' }),
    await run({ agent: 'dependency-audit' }),
    await run({ agent: 'repo-report', task: 'What is this repository?' }),
    await run({ manifest: broken, task: 'Is it clean now?' }),
    await run({ agent: 'repo-report', task: 'Report on AgentOS: who, what, how big, what is left' }),
  ]
  await Promise.all(ended.map(id => runs.result(id)))
  const running = await run({ agent: 'watch-folder', task: 'Watch what changes here', inputs: { seconds: 120 } })
  await run({ agent: 'watch-folder', task: 'Watch it once more', delayMs: 600_000 })
  return { report: ended.at(-1)!, failed: ended[1]!, running }
}

async function takeReadmePicture(report: string): Promise<void> {
  const page = await stage.open(`/runs/${report}`, { ...WIDE, colorScheme: 'dark' })
  await ready(page)
  await page.getByRole('treeitem', { name: /languages/ }).click()
  await picture(page, fileURLToPath(new URL('../../docs/run-page.png', import.meta.url)))
}

async function takeViews(into: string, { report, failed, running }: { report: string, failed: string, running: string }): Promise<void> {
  await mkdir(into, { recursive: true })
  const views = {
    'overview': '/',
    'runs': '/runs',
    'agents': '/agents',
    'agent': '/agents/repo-report',
    'agent-llm': '/agents/explain-repository',
    'run': `/runs/${report}`,
    'run-events': `/runs/${report}?tab=events`,
    'run-failed': `/runs/${failed}`,
    'run-running': `/runs/${running}`,
    'schedules': '/schedules',
    'schedule-new': '/schedules?new',
    'workers': '/workers',
    'sign-in': '/sign-in',
  }
  for (const [size, context] of [['1440', WIDE], ['390', PHONE]] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [name, path] of Object.entries(views)) {
        const page = await stage.open(path, { ...context, colorScheme })
        await ready(page)
        await picture(page, join(into, `${name}-${size}-${colorScheme}.png`))
        await page.context().close()
      }
    }
  }
}

/** Everything has come that was asked for, and its letters are there. */
async function ready(page: Page): Promise<void> {
  await page.getByRole('main').waitFor()
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
}

async function picture(page: Page, path: string): Promise<void> {
  await page.screenshot({ path, animations: 'disabled' })
  process.stdout.write(`${path}\n`)
}
