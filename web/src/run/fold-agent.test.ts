import { expect, it } from 'vitest'
import { feedOf, versionOf } from './feed.ts'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { createTimeline } from './timeline.ts'

it('reads the pieces of what an agent says as one, and puts its plan and its changes where they came', () => {
  const timeline = createTimeline()
  appendEvents(timeline, createLog().submit().start()
    .command(1, 'claude')
    .add('agent.message', { step: 1, kind: 'thought', text: 'hm' })
    .add('agent.message', { step: 1, kind: 'text', text: 'I ' })
    .add('agent.message', { step: 1, kind: 'text', text: 'look' })
    .add('agent.plan', { step: 1, entries: [{ content: 'look', status: 'in_progress' }] })
    .add('agent.plan', { step: 1, entries: [{ content: 'look', status: 'completed' }] })
    .add('tool.proposed', { step: 1, call: 'a', tool: 'Edit', input: {} })
    .add('agent.diff', { step: 1, call: 'a', path: 'x.ts', old: 'a', new: 'b' })
    .add('agent.message', { step: 1, kind: 'text', text: 'done' })
    .finish(1)
    .events)
  const items = feedOf(timeline)
  expect(items.map(item => item.kind === 'note' ? item.note.kind : item.kind)).toEqual(['step', 'words', 'words', 'plan', 'call', 'diff', 'words'])
  expect(items.flatMap(item => item.kind === 'note' && item.note.kind === 'words' ? [[item.note.of, item.note.text]] : [])).toEqual([['thought', 'hm'], ['text', 'I look'], ['text', 'done']])
  expect(items[3]).toMatchObject({ note: { entries: [{ content: 'look', status: 'completed' }] } })
  expect([items[2], items[3], items[5]].map(item => versionOf(item!))).toEqual([1, 1, 0])
})
