import type { RunEvent } from '../src/domain/event.ts'
import type { TestWorker } from './worker/open-worker.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer as readBytes } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createWaitingBells, ringRemote } from '../src/events/remote-bells.ts'
import { askToKeep } from '../src/queue/ask-to-keep.ts'
import { findWorkspaceFile } from '../src/store/workspace-files.ts'
import { openWorker } from './worker/open-worker.ts'

/** The workspace of a run that goes on, kept because somebody asks. */

const isKept = (event: RunEvent) => event.type === 'workspace.kept' && event.data.when === 'asked'
const isLost = (event: RunEvent) => event.type === 'artifact.lost' && event.data.name === 'workspace'
const isReady = (event: RunEvent) => event.type === 'step.output' && event.data.text.includes('ready')
const until = (word: string) => `echo ready; until [ -e ${word} ]; do sleep 0.05; done; rm ${word}`

async function textOf(worker: TestWorker, id: string, path: string): Promise<string | null> {
  const file = await findWorkspaceFile(worker.db, worker.actor.organisationId, id, path)
  return file?.sha256 ? String(await readBytes((await worker.artifacts.read(file.sha256))!.stream())) : null
}

const letGo = (worker: TestWorker, id: string, word: string) => writeFile(join(worker.workspacesPath, id, 'workspace', word), '', { mode: 0o666 })

it('is kept as it is while the run goes on, as often as somebody asks, and once more at the end', { timeout: 60_000 }, async () => {
  const worker = await openWorker()
  const { id } = await worker.run(`steps:\n  - run: "echo one > a; ${until('go')}; echo two > a; ${until('on')}; echo three > a"\nworkspace: { from: "{{inputs.from}}" }\ninputs: { from: { type: string } }`, { inputs: { from: join(worker.root, 'repo') } })
  await worker.eventsUntil(id, isReady)
  expect(await askToKeep(worker, { actor: worker.actor, runId: id })).toBe(true)
  const first = await worker.eventsUntil(id, isKept)
  expect(first.find(isKept)!.data).toMatchObject({ added: 1, modified: 0, deleted: 0, when: 'asked' })
  expect(await textOf(worker, id, 'a')).toBe('one\n')
  expect((await worker.view(id)).status).toBe('running')

  await letGo(worker, id, 'go')
  await worker.eventsUntil(id, event => isReady(event) && event.seq > first.at(-1)!.seq)
  // As it comes from a server elsewhere.
  const bells = createWaitingBells('another')
  bells.add('keep', id)
  bells.take().forEach(text => ringRemote(worker.notifier, 'this', text))
  await worker.eventsUntil(id, event => isKept(event) && event.seq > first.at(-1)!.seq)
  expect(await textOf(worker, id, 'a')).toBe('two\n')

  await letGo(worker, id, 'on')
  const events = await worker.ended(id)
  expect(await textOf(worker, id, 'a')).toBe('three\n')
  expect(events.flatMap(event => event.type === 'workspace.kept' ? [event.data.when] : [])).toEqual(['asked', 'asked', 'end'])
  expect(events.filter(({ type }) => type === 'workspace.keep_requested').map(({ data }) => data)).toEqual([{ by: 'owner' }])
  expect(await askToKeep(worker, { actor: worker.actor, runId: id })).toBe(false)
})

it('says why nothing is kept where the manifest wants none, or the folder is the machine\'s own', { timeout: 60_000 }, async () => {
  const worker = await openWorker()
  for (const [workspace, why] of [['{ keep: none }', 'keep: none'], [`{ from: "${join(worker.root, 'repo')}", mode: mount-read-only }`, 'look there'], ['{}', 'empty']] as const) {
    const { id } = await worker.run(`steps: [{ run: "echo ready; sleep 30" }]\nworkspace: ${workspace}`)
    await worker.eventsUntil(id, isReady)
    expect(await askToKeep(worker, { actor: worker.actor, runId: id })).toBe(true)
    expect((await worker.eventsUntil(id, isLost)).find(isLost)!.data).toMatchObject({ detail: expect.stringContaining(why) })
    await worker.stopRun(id)
    await worker.ended(id)
  }
})

it('another organisation\'s run is not there to be kept, nor one that waits in the queue', async () => {
  const worker = await openWorker()
  const { id } = await worker.run('steps: [{ run: "true" }]', { delayMs: 600_000 })
  expect(await askToKeep(worker, { actor: worker.actor, runId: id })).toBe(false)
  expect(await askToKeep(worker, { actor: { ...worker.actor, organisationId: 'another' }, runId: id })).toBe(false)
})
