import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parseManifest } from '../domain/manifest/parse.ts'
import { submit } from '../queue/submit.ts'
import { ensureOwner } from '../store/actor.ts'
import { findAgent, saveAgent } from '../store/agents.ts'
import { openDatabase } from '../store/database.ts'
import { createNotifier } from './notifier.ts'
import { sharePages } from './shared-pages.ts'

async function submitted() {
  const dataDir = await mkdtemp(join(tmpdir(), 'agentos-pages-test-'))
  const db = await openDatabase({ databaseUrl: `file:${dataDir}/test.db`, dataDir })
  onTestFinished(async () => {
    await db.close()
    await rm(dataDir, { recursive: true })
  })
  const notifier = createNotifier()
  const actor = await ensureOwner(db)
  const source = 'name: shared\nsteps: [{ run: ls }]\n'
  const parsed = parseManifest(source, { file: 'x.yaml' })
  if (!parsed.ok)
    throw new Error('the manifest of this test is wrong')
  await saveAgent(db, { actor, name: 'shared', source, manifest: parsed.manifest, notices: [], path: null })
  const agent = (await findAgent(db, actor.organisationId, 'shared')).found!
  const run = await submit({ db, notifier }, { actor, agent, task: '', inputs: {}, workspaceFrom: null, isolation: null, timeMs: null })
  return { db, notifier, runId: run.id }
}

it('gives readers at the same place the very same page, and each place its own', async () => {
  const { db, notifier, runId } = await submitted()
  const [one, other] = [sharePages(db, notifier, runId), sharePages(db, notifier, runId)]
  const page = await one.read(0, 10)
  expect(page.map(event => event.type)).toEqual(['run.submitted'])
  expect(await other.read(0, 10)).toBe(page)
  expect(await other.read(1, 10)).toEqual([])
})

it('gives no page of before to one who was woken', async () => {
  const { db, notifier, runId } = await submitted()
  const pages = sharePages(db, notifier, runId)
  const before = pages.read(0, 10)
  let after: ReturnType<typeof pages.read> | undefined
  pages.onGrown(() => {
    after = pages.read(0, 10)
  })
  notifier.runChanged(runId, 1)
  expect(after).not.toBe(before)
  expect(await after).toEqual(await before)
})

it('keeps nothing once the last reader has left', async () => {
  const { db, notifier, runId } = await submitted()
  const [one, other] = [sharePages(db, notifier, runId), sharePages(db, notifier, runId)]
  const page = await one.read(0, 10)
  one.leave()
  expect(await other.read(0, 10)).toBe(page)
  other.leave()
  expect(await sharePages(db, notifier, runId).read(0, 10)).not.toBe(page)
})
