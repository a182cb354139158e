import type { AgentDetail } from '@agentos/server/domain/views/agent'
import { expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { createRun } from './fixtures/run.ts'
import { appendEvents } from './fold.ts'
import { isolationFact, networkFact } from './held-facts.ts'
import { createTimeline } from './timeline.ts'

const run = createRun()

function opened(level: 'none' | 'process' | 'sandbox', network?: 'none' | 'open' | string[], more = (log: ReturnType<typeof createLog>) => log) {
  const timeline = createTimeline()
  appendEvents(timeline, more(createLog().submit().start().add('sandbox.opened', { level, by: 'bubblewrap', durationMs: 1, ...network !== undefined && { network } })).events)
  return timeline
}

function agentOf(some: Partial<AgentDetail>): AgentDetail {
  return { version: run.agentVersion, network: 'none', isolation: 'default', ...some } as AgentDetail // what is not read here may be missing
}

it('says an open network in amber as the choice that it is, and none plainly', () => {
  expect(networkFact(run, opened('sandbox', 'open'), null)).toMatchObject({ text: 'network open', tone: 'wait' })
  expect(networkFact(run, opened('sandbox', 'none'), null)).toMatchObject({ text: 'no network', tone: 'plain' })
  expect(networkFact(run, createTimeline(), agentOf({ network: 'open' }))).toMatchObject({ text: 'network open', tone: 'wait' })
  expect(networkFact(run, createTimeline(), agentOf({ network: 'open', version: run.agentVersion + 1 }))).toBeNull()
})

it('counts hosts that were reached and connections that were refused, and lists them', () => {
  const timeline = opened('sandbox', ['a.example', 'b.example'], log => log
    .add('network.allowed', { host: 'a.example', port: 443, address: '192.0.2.1' })
    .add('network.allowed', { host: 'a.example', port: 443, address: '192.0.2.1' })
    .add('network.allowed', { host: 'b.example', port: 443, address: '192.0.2.2' })
    .add('network.denied', { host: 'evil\u202E.example', port: 80, reason: 'not allowed' }))
  expect(networkFact(run, timeline, null)).toEqual({
    text: 'network: 2 hosts, 1 refused',
    title: 'It may reach: a.example, b.example\nReached: a.example (2 times), b.example\nRefused: evil\\u202e.example',
    tone: 'wait',
    icon: 'i-lucide-globe-lock',
  })
  expect(networkFact(run, opened('sandbox', ['a.example']), null)).toMatchObject({ text: 'a.example only', tone: 'plain' })
})

it('shows what is not isolated in red, and level process in amber with its reason', () => {
  expect(isolationFact(run, opened('none'), null)).toMatchObject({ text: 'not isolated', tone: 'bad' })
  expect(isolationFact(run, opened('process'), agentOf({ isolation: 'process' }))).toMatchObject({ tone: 'wait', title: expect.stringContaining('The manifest asks for level process.') })
  expect(isolationFact(run, opened('process'), agentOf({}))!.title).toContain('nothing stronger is proven on this machine')
  expect(isolationFact(run, opened('sandbox'), null)).toMatchObject({ text: 'sandbox · bubblewrap', tone: 'plain' })
  expect(isolationFact(createRun({ isolation: null }), createTimeline(), null)).toBeNull()
})
