import type { CommandEnd, NewEvent, RunEvent } from '../event.ts'
import { expect, it } from 'vitest'
import { event } from '../event.ts'
import { foldSoFar } from './fold.ts'
import { settlementEvents } from './settle.ts'

/** As the log has them: dense seqs, attempts by their starts. */
function log(...events: NewEvent[]): RunEvent[] {
  let attempt = 0
  return events.map((one, index) => ({ ...one, seq: index + 1, attempt: one.type === 'attempt.started' ? ++attempt : attempt }))
}

const started = event('attempt.started', { worker: 'w', fence: 1 })
const lost = event('attempt.lost', { worker: 'w', detail: 'gone' })
const begin = (step: number, place: number): NewEvent => event('step.started', { step, place, name: `s${place}`, kind: 'command', command: `run ${place}`, try: 1 })
const exited: CommandEnd = { exitCode: 0, signal: null, durationMs: 1, ended: 'exited' }
const cut: CommandEnd = { exitCode: null, signal: 'SIGKILL', durationMs: 1, ended: 'cancelled' }
const end = (step: number, status: 'succeeded' | 'failed', by: CommandEnd = exited): NewEvent => event('step.finished', { step, status, end: by, durationMs: 1 })
function said(step: number, text: string, ...calls: string[]): NewEvent {
  return event('model.responded', {
    step,
    model: 'm',
    text,
    finish: calls.length > 0 ? 'tool_calls' : 'stop',
    toolCalls: calls.map(id => ({ id, tool: 'shell', input: { command: id } })),
    usage: { inputTokens: 1, outputTokens: 1 },
    costUsd: null,
    durationMs: 1,
  })
}
const call = (step: number, id: string): NewEvent => event('tool.started', { step, call: id, tool: 'shell', command: id })
const result = (step: number, id: string, by: CommandEnd = exited): NewEvent => event('tool.finished', { step, call: id, tool: 'shell', status: 'succeeded', result: `did ${id}`, end: by, durationMs: 1 })

it('keeps finished steps by their place, and finds the one that was under way', () => {
  const soFar = foldSoFar(log(started, begin(1, 0), end(1, 'succeeded'), begin(2, 1), lost), { isLlm: false })
  expect(soFar.done).toEqual([{ place: 0, name: 's0', status: 'succeeded', exitCode: 0 }])
  expect(soFar.open).toMatchObject([{ effect: '2', step: 2, place: 1, name: 's1', command: 'run 1', call: null }])
})

it('a step that failed by itself is neither kept nor unknown', () => {
  const soFar = foldSoFar(log(started, begin(1, 0), end(1, 'failed', { ...exited, exitCode: 3 })), { isLlm: false })
  expect(soFar).toMatchObject({ done: [], open: [] })
})

it('a step that was killed because its attempt was lost is unknown, though its end is in the log', () => {
  expect(foldSoFar(log(started, begin(1, 0), end(1, 'failed', cut), lost), { isLlm: false }).open).toMatchObject([{ effect: '1' }])
  const limited = event('attempt.ended', { reason: 'timeout', detail: '', durationMs: 1 })
  expect(foldSoFar(log(started, begin(1, 0), end(1, 'failed', cut), limited), { isLlm: false }).open).toEqual([])
})

it('a conversation goes on where it stood: what was answered, what was asked, what is left to do', () => {
  const soFar = foldSoFar(log(started, said(1, 'let me', 'a', 'b', 'c'), call(1, 'a'), result(1, 'a'), call(1, 'b'), lost), { isLlm: true })
  expect(soFar.messages).toEqual([
    { role: 'assistant', content: 'let me', toolCalls: ['a', 'b', 'c'].map(id => ({ id, tool: 'shell', input: { command: id } })) },
    { role: 'tool', callId: 'a', tool: 'shell', content: 'did a' },
  ])
  expect(soFar.turn).toMatchObject({ step: 1, calls: [{ id: 'b' }, { id: 'c' }] })
  expect(soFar.open).toMatchObject([{ effect: '1/b', call: 'b' }])
})

it('the same call id in another turn is another call', () => {
  const soFar = foldSoFar(log(started, said(1, '', 'a'), call(1, 'a'), result(1, 'a'), said(2, '', 'a'), lost), { isLlm: true })
  expect(soFar.turn).toMatchObject({ step: 2, calls: [{ id: 'a' }] })
  expect(soFar.messages).toHaveLength(3)
})

it('a call that was killed with its attempt has no answer yet', () => {
  const soFar = foldSoFar(log(started, said(1, '', 'a'), call(1, 'a'), result(1, 'a', cut), lost), { isLlm: true })
  expect(soFar.messages).toHaveLength(1)
  expect(soFar.turn).toMatchObject({ calls: [{ id: 'a' }] })
  expect(soFar.open).toMatchObject([{ effect: '1/a' }])
})

it.each([
  ['done', [], 1],
  ['repeat', ['b'], 0],
] as const)('a call that a person settles as %s', (as, left, kept) => {
  const settled = settlementEvents({ effect: '1/b', step: 1, call: 'b', name: 'shell' }, { as, by: 'owner', note: 'I looked' }, false)
  const soFar = foldSoFar(log(started, said(1, '', 'b'), call(1, 'b'), lost, ...settled), { isLlm: true })
  expect(soFar.open).toEqual([])
  expect(soFar.turn?.calls.map(({ id }) => id) ?? []).toEqual(left)
  expect(soFar.messages.filter(({ role }) => role === 'tool')).toHaveLength(kept)
})

it('a step that a person calls done is not done again; one that failed is kept where the manifest goes on', () => {
  const about = { effect: '1', step: 1, call: null, name: 's0' }
  expect(foldSoFar(log(started, begin(1, 0), lost, ...settlementEvents(about, { as: 'done', by: 'owner' }, false)), { isLlm: false }).done).toMatchObject([{ place: 0, status: 'succeeded' }])
  expect(foldSoFar(log(started, begin(1, 0), lost, ...settlementEvents(about, { as: 'failed', by: 'owner' }, true)), { isLlm: false }).done).toMatchObject([{ place: 0, status: 'failed' }])
  expect(foldSoFar(log(started, begin(1, 0), lost, ...settlementEvents(about, { as: 'repeat', by: 'owner' }, false)), { isLlm: false })).toMatchObject({ done: [], open: [] })
})

it('a model that has answered is asked no more, unless a check has failed since', () => {
  const answered = foldSoFar(log(started, said(1, 'done'), begin(2, 0), end(2, 'succeeded'), begin(3, 1), lost), { isLlm: true })
  expect(answered).toMatchObject({ isAnswered: true, done: [{ place: 0 }], open: [{ place: 1 }] })
  const failed = foldSoFar(log(started, said(1, 'done'), begin(2, 0), end(2, 'failed', { ...exited, exitCode: 1 })), { isLlm: true })
  expect(failed).toMatchObject({ isAnswered: false, done: [] })
  expect(failed.messages.at(-1)).toMatchObject({ role: 'user', content: expect.stringContaining('The check "s0" failed') })
})

it('an answer that was cut at its length is asked for again', () => {
  const long = said(1, 'and then')
  const soFar = foldSoFar(log(started, { ...long, data: { ...long.data, finish: 'length' } } as NewEvent), { isLlm: true })
  expect(soFar).toMatchObject({ messages: [], isAnswered: false })
})

it('what a script\'s own programs ask of models is not its conversation', () => {
  const soFar = foldSoFar(log(started, begin(1, 0), said(1, 'x'), end(1, 'succeeded'), lost), { isLlm: false })
  expect(soFar).toMatchObject({ messages: [], done: [{ place: 0 }] })
})
