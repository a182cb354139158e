import type { RunEvent } from '@agentos/server/domain/event'
import { expect, it } from 'vitest'
import { createLog } from '../run/fixtures/log.ts'
import { appendToConversation, createConversation } from './conversation.ts'

const USAGE = { inputTokens: 1, outputTokens: 1 }
function answered(step: number, text: string, more: object = {}) {
  return { step, model: 'openai/scripted', text, finish: 'stop' as const, toolCalls: [], usage: USAGE, costUsd: null, durationMs: 1, ...more }
}
const requested = (step: number) => ({ step, model: 'openai/scripted', messages: 2, tools: [] })

function fold(events: RunEvent[]) {
  const conversation = createConversation()
  appendToConversation(conversation, events)
  return conversation
}

it('has each message and each answer once, however its events come', () => {
  const log = createLog().submit('hi').start().model(1)
    .add('model.requested', requested(1))
    .add('model.delta', { step: 1, kind: 'reasoning', text: 'a greeting' })
    .add('model.delta', { step: 1, kind: 'text', text: 'Hel' })
    .add('model.delta', { step: 1, kind: 'text', text: 'lo.' })
    .add('model.responded', answered(1, 'Hello.'))
    .add('run.parked', { for: 'message', detail: 'It waits for the next message.' })
    .add('message.sent', { by: 'owner', text: 'more' })
  const whole = fold(log.events)
  expect(whole.items).toMatchObject([
    { kind: 'person', by: 'owner', text: 'hi' },
    { kind: 'turn', turn: { text: 'Hello.', reasoning: 'a greeting', state: 'answered', model: 'openai/scripted' } },
    { kind: 'person', text: 'more' },
  ])
  expect(whole.isAnswered).toBe(false)
  const bits = createConversation()
  for (let at = 0; at < log.events.length; at++)
    appendToConversation(bits, log.events.slice(Math.max(0, at - 2), at + 1))
  expect(bits).toEqual(whole)
})

it('shows an answer as it streams, and begins it anew when its worker was lost', () => {
  const log = createLog().submit('hi').start().model(1).add('model.requested', requested(1)).add('model.delta', { step: 1, kind: 'text', text: 'Half an ans' })
  expect(fold(log.events).items.at(-1)).toMatchObject({ kind: 'turn', turn: { text: 'Half an ans', state: 'streaming' } })
  log.add('attempt.lost', { worker: 'worker-1', detail: 'gone' })
  expect(fold(log.events).items.at(-1)).toMatchObject({ turn: { text: 'Half an ans', state: 'stopped' } })
  log.start().add('model.requested', requested(1)).add('model.delta', { step: 1, kind: 'text', text: 'A whole one' })
  const { items } = fold(log.events)
  expect(items).toHaveLength(2)
  expect(items[1]).toMatchObject({ turn: { text: 'A whole one', state: 'streaming' } })
})

it('puts tools under the turn that asked for them, with what they came to', () => {
  const { items, isAnswered } = fold(createLog().submit('count').start().model(1)
    .add('model.requested', requested(1))
    .add('model.responded', answered(1, '', { toolCalls: [{ id: 'a', tool: 'shell', input: { command: 'ls' } }] }))
    .add('tool.proposed', { step: 1, call: 'a', tool: 'shell', input: { command: 'ls' } })
    .add('tool.started', { step: 1, call: 'a', tool: 'shell', command: 'ls' })
    .add('tool.finished', { step: 1, call: 'a', tool: 'shell', status: 'failed', result: 'exit 2', durationMs: 1 })
    .events)
  expect(items[1]).toMatchObject({ turn: { tools: [{ tool: 'shell', command: 'ls', status: 'failed', result: 'exit 2' }] } })
  expect(isAnswered).toBe(false)
})

it('says why an answer did not come, and that the conversation is over', () => {
  const log = createLog().submit('hi').start().model(1)
    .add('model.requested', requested(1))
    .add('model.responded', answered(1, '', { finish: 'error', error: 'no such key' }))
    .add('run.parked', { for: 'message', detail: 'no such key' })
    .end('cancelled')
  expect(fold(log.events).items.slice(1)).toMatchObject([{ turn: { state: 'failed' } }, { kind: 'nobody', text: 'no such key' }, { kind: 'end', reason: 'cancelled' }])
})

it('takes a wait for a decision for what it is: nobody has failed to answer', () => {
  const log = createLog().submit('hi').start().add('run.parked', { for: 'settlement', detail: 'deploy has to be settled' })
  expect(fold(log.events).items).toHaveLength(1)
})
