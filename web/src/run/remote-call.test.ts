import { expect, it } from 'vitest'
import { feedOf, hasBody } from './feed.ts'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { remoteCall } from './remote-call.ts'
import { createTimeline } from './timeline.ts'
import { callTitle } from './trace-row.ts'

const call = (tool: string, input: unknown, command: string | null = null) => ({ tool, input, command })

it('says what is fetched, and which tool of which server is called', () => {
  expect(remoteCall(call('fetch', { url: 'https://a.example/x' }))).toEqual({ title: 'fetch', about: 'GET https://a.example/x' })
  expect(remoteCall(call('fetch', {}, 'POST https://a.example/x\n\nbody'))!.about).toMatch(/^POST https:\/\/a\.example\/x/)
  expect(remoteCall(call('search__find_all', { q: 1 }))).toEqual({ title: 'find_all', about: 'MCP server search' })
  expect(remoteCall(call('read_result', { name: 'step-1-fetch-a.txt' }))).toEqual({ title: 'read_result', about: 'step-1-fetch-a.txt' })
  for (const tool of ['shell', 'read_file', '__x'])
    expect(remoteCall(call(tool, { command: 'ls' }))).toBeNull()
})

it('shows what came back of it, and leaves the terminal to commands', () => {
  const timeline = createTimeline()
  appendEvents(timeline, createLog().submit().start()
    .add('step.started', { step: 1, name: 'model turn', kind: 'model', try: 1 })
    .add('tool.proposed', { step: 1, call: 'a', tool: 'search__find', input: { q: 'x' } })
    .add('tool.started', { step: 1, call: 'a', tool: 'search__find', command: 'search__find {"q":"x"}' })
    .add('tool.finished', { step: 1, call: 'a', tool: 'search__find', status: 'succeeded', result: 'found it', durationMs: 5 })
    .events)
  const item = feedOf(timeline).find(one => one.kind === 'call')!
  expect(item.kind === 'call' && hasBody(item)).toBe(true)
  expect(item.kind === 'call' && callTitle(item.call)).toBe('search: find {"q":"x"}')
  expect(timeline.sections.filter(section => section.call !== null)).toEqual([])
})
