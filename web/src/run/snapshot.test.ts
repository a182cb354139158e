import { expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { snapshotState } from './snapshot.ts'

it('who has asked waits until the workspace is kept, or until it is said why not', () => {
  const KEPT = { when: 'asked', added: 1, modified: 0, deleted: 0, sizeBytes: 3, durationMs: 1, left: [] as string[] } as const
  const events = createLog().add('workspace.keep_requested', { by: 'owner' })
  expect(snapshotState(events.events)).toEqual({ isAsked: true, problem: null })
  events.add('workspace.kept', KEPT)
  expect(snapshotState(events.events)).toEqual({ isAsked: false, problem: null })
  events.add('workspace.keep_requested', { by: 'owner' }).add('artifact.lost', { name: 'workspace', detail: 'Its workspace is empty.' })
  expect(snapshotState(events.events)).toEqual({ isAsked: false, problem: 'Its workspace is empty.' })
  expect(snapshotState([])).toEqual({ isAsked: false, problem: null })
})
