import type { Page } from 'playwright-core'
import type { ScriptedModel } from '../../server/test/worker/scripted-model.ts'
import type { Folder } from './repository.ts'
import type { Stage } from './stage.ts'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startScriptedModel } from '../../server/test/worker/scripted-model.ts'
import { PHONE } from './browser.ts'
import { CONTROLS, PRINTABLE } from './hostile.ts'
import { temporaryFolder } from './repository.ts'
import { expectStoredEventsOnPage, waitForState } from './run-page.ts'
import { setStage } from './stage.ts'

let folder: Folder
let model: ScriptedModel
let stage: Stage

beforeAll(async () => {
  folder = await temporaryFolder()
  model = await startScriptedModel([{ say: [...PRINTABLE, ...CONTROLS].join('\n\n'), reasoning: [...PRINTABLE, ...CONTROLS].join('\n') }])
  stage = await setStage({ roots: [folder.path], env: { OPENAI_API_KEY: 'sk-scripted', OPENAI_BASE_URL: model.baseUrl } })
})
afterAll(async () => {
  await stage?.close()
  await model?.stop()
  await folder?.remove()
})

it('shows what a hostile agent says as the text that it is, wherever it says it', async () => {
  const place = join(folder.path, 'a <img src=x onerror=window.owned=1> b')
  await mkdir(place)
  await writeFile(join(place, 'said'), [...PRINTABLE, ...CONTROLS, ''].join('\n'))
  const run = await stage.server.client.runs.submit({
    manifest: { source: hostileScript(place) },
    task: [...PRINTABLE, ...CONTROLS].join('\n'),
    inputs: { said: PRINTABLE.join(' ') },
  })
  await stage.server.client.runs.result(run.id)

  const page = await stage.open(`/runs/${run.id}`)
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  await waitForState(page, 'Ended')
  await page.getByRole('button', { name: 'Wrap long lines' }).click()
  const terminal = page.getByRole('region', { name: 'Terminal' }).getByRole('group', { name: 'Output', exact: true })
  await terminal.getByText('that is all').waitFor()
  const said = await terminal.textContent()
  for (const payload of PRINTABLE)
    expect(said).toContain(payload)
  await expectHarmless(page)
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  expect(said).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
  await expectStoredEventsOnPage(stage.server, page, run.id)
  await expectKeptOutput(page, run.id)
  for (const event of await page.getByRole('button', { name: /step\.output/ }).all()) {
    await event.click()
    await expectHarmless(page)
  }

  for (const path of ['/', '/runs', '/agents', '/agents/hostile', `/runs?q=${encodeURIComponent(PRINTABLE[2]!)}`]) {
    await page.goto(path)
    await page.getByText('window.owned=1').first().waitFor()
    await expectHarmless(page)
  }
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('<script')
  await page.getByRole('dialog').getByRole('option', { name: /window\.owned=1/ }).first().waitFor()
  await expectHarmless(page)

  const phone = await stage.open(`/runs/${run.id}?tab=step`, PHONE)
  await phone.getByText('nothing of it still runs').waitFor()
  await expectHarmless(phone)
})

it('sets a model\'s answer as markdown, and nothing in it acts, fetches or leads to a script', async () => {
  const source = 'name: hostile-model\nmodel: openai/scripted\ncost: unmetered\ntools: []\ninstructions: Be hostile\n'
  const run = await stage.server.client.runs.submit({ manifest: { source }, task: PRINTABLE[2]! })
  const { run: ended } = await stage.server.client.runs.result(run.id)
  expect(ended.status).toBe('succeeded')
  const page = await stage.open(`/runs/${run.id}`)
  await waitForState(page, 'Ended')
  const answer = page.getByRole('article').locator('.answer')
  await answer.getByText(PRINTABLE[0]!).first().waitFor()
  await page.getByRole('button', { name: 'Reasoning' }).click()
  await page.getByRole('button', { name: 'Hide reasoning' }).waitFor()
  await expectHarmless(page)
})

it('serves pages without a script of their own, under a policy that lets none in', async () => {
  const page = await stage.open('about:blank')
  const answer = (await page.goto('/'))!
  const policy = new Map((await answer.headerValue('content-security-policy'))!.split(';').map((part) => {
    const [name, ...values] = part.trim().split(' ')
    return [name!, values.join(' ')]
  }))
  expect(policy.get('default-src')).toBe('\'self\'')
  expect(policy.get('script-src')).toBe('\'self\'')
  expect(policy.get('script-src-attr')).toBe('\'none\'')
  expect(policy.get('object-src')).toBe('\'none\'')
  expect(policy.get('base-uri')).toBe('\'none\'')
  expect(policy.get('frame-ancestors')).toBe('\'none\'')
  const html = await answer.text()
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+\s*=|javascript:/i)
  for (const path of ['/sign-in', '/setup', '/runs', '/nowhere'])
    expect((await page.goto(path))!.headers()['content-security-policy'], path).toBe(answer.headers()['content-security-policy'])
  expect(stage.faults).toEqual([])

  // It is in force: what a hole in the page would let in is not run, and does not get out.
  await page.evaluate(() => {
    const inline = document.createElement('script')
    inline.textContent = 'window.owned = 1'
    const handler = document.createElement('div')
    handler.innerHTML = '<img src=data:x onerror="window.owned = 1">'
    document.body.append(inline, handler)
  })
  expect(await page.evaluate(() => fetch('http://evil.invalid/').then(() => 'got out', () => 'refused'))).toBe('refused')
  expect(await page.evaluate(() => 'owned' in window)).toBe(false)
  const refused = stage.faults.splice(0)
  expect(refused.filter(fault => fault.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(3)
})

/** The bytes themselves are a file to save: no page of ours shows them, and the browser does not either. */
async function expectKeptOutput(page: Page, runId: string): Promise<void> {
  const [artifact] = await stage.server.client.runs.artifacts(runId)
  const link = page.getByRole('link', { name: `Download ${artifact!.name}` })
  expect(await link.getAttribute('href')).toBe(artifact!.path)
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
  expect(download.suggestedFilename()).toBe(artifact!.name)
  const bytes = await readFile(await download.path())
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact!.sha256)
  expect(bytes.includes('\x1B]52;c;b3duZWQ=\x07')).toBe(true)
}

function hostileScript(from: string): string {
  const steps = PRINTABLE.map(name => `  - name: ${JSON.stringify(name)}\n    run: "true"\n`)
  return `
name: hostile
description: ${JSON.stringify(PRINTABLE.slice(0, 8).join(' '))}
inputs:
  said: { type: string, description: ${JSON.stringify(PRINTABLE[2])} }
workspace: { from: ${JSON.stringify(from)}, mode: mount-read-only }
steps:
${steps.join('')}
  - name: say it
    run: cat said; cat said >&2; echo "$INPUT_SAID"; printf '%s %s\\n' 'that is' all
`
}

async function expectHarmless(page: Page): Promise<void> {
  expect(await page.evaluate(inspectPage)).toEqual({ isOwned: false, elements: [], handlers: [], links: [], controls: [] })
  expect(stage.faults).toEqual([])
}

/** What the payloads would have left in the page. */
function inspectPage() {
  const all = [...document.querySelectorAll('*')]
  const fetching = 'body script, img, iframe, frame, object, embed, video, audio, math, base, body meta, body link, form[action], foreignObject, use'
  const isSafe = ({ protocol, origin, rel, target }: HTMLAnchorElement) =>
    origin === location.origin || (/^(?:https?|mailto):$/.test(protocol) && target === '_blank' && rel.includes('noopener'))
  return {
    isOwned: 'owned' in window,
    elements: [...document.querySelectorAll(fetching)].map(element => element.outerHTML),
    handlers: all.flatMap(element => element.getAttributeNames().filter(name => /^on/i.test(name)).map(name => `${element.tagName} ${name}`)),
    links: [...document.querySelectorAll('a')].filter(link => link.hasAttribute('href') && !isSafe(link)).map(link => link.outerHTML),
    // eslint-disable-next-line no-control-regex -- what a terminal would act on
    controls: all.filter(element => [...element.childNodes].some(node => node instanceof Text && /[\0-\x08\v\f\x0E-\x1F\x7F-\x9F]/.test(node.data))).map(element => element.outerHTML),
  }
}
