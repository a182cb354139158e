import type { RunEvent } from '@agentos/server/domain/event'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { createTimeline } from './timeline.ts'

function fold(events: RunEvent[]) {
  const timeline = createTimeline()
  appendEvents(timeline, events)
  return timeline
}

/** What the page draws: everything but functions and the two lookups. */
function drawn(events: RunEvent[], sizes: number[] = []) {
  const timeline = createTimeline()
  let from = 0
  for (const size of sizes) {
    appendEvents(timeline, events.slice(from, from + size))
    from += size
  }
  appendEvents(timeline, events.slice(from))
  return JSON.parse(JSON.stringify({ ...timeline, stepsByNumber: null, callsById: null, effectsById: null, deniedNotes: null }))
}

function wholeLog() {
  return createLog().submit().wait(50).start()
    .add('workspace.prepared', { from: '/repo', how: 'copied', mode: 'read-write', files: 3, sizeBytes: 12, durationMs: 1 })
    .add('sandbox.opened', { level: 'sandbox', by: 'bubblewrap', durationMs: 6 })
    .command(1, 'git ls-files').wait(20).output(1, 'a\nb').output(1, '\nc\x1B[31').output(1, 'mred\n').wait(900).finish(1)
    .command(2, 'curl x').wait(100).finish(2, 7).wait(1000).command(2, 'curl x', 2).output(2, 'ok\n').finish(2)
    .model(3)
    .add('model.requested', { step: 3, model: 'openai/gpt-5', messages: 2, tools: ['shell'] }).wait(300)
    .add('model.delta', { step: 3, kind: 'reasoning', text: 'hm' })
    .add('model.delta', { step: 3, kind: 'text', text: 'I will ' })
    .add('model.responded', {
      step: 3,
      model: 'openai/gpt-5',
      text: 'I will look',
      finish: 'tool_calls',
      toolCalls: [],
      usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 50 },
      costUsd: 0.01,
      durationMs: 800,
    })
    .add('tool.proposed', { step: 3, call: 'c1', tool: 'shell', input: { command: 'ls' } })
    .add('tool.started', { step: 3, call: 'c1', tool: 'shell', command: 'ls' })
    .add('tool.output', { step: 3, call: 'c1', stream: 'stderr', text: 'gone\n' })
    .wait(4000)
    .add('attempt.lost', { worker: 'worker-1', detail: 'lease expired' }).wait(17_000).start('worker-2')
    .command(4, 'git ls-files').output(4, 'a\n').add('output.cut', { step: 4, droppedBytes: 12, allowedBytes: 2 }).finish(4)
    .end()
    .events
}

describe('folding a log', () => {
  it('comes to the same timeline however the log is cut into batches', () => {
    const events = wholeLog()
    const expected = drawn(events)
    fc.assert(fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 40 }), (sizes) => {
      expect(drawn(events, sizes)).toEqual(expected)
    }))
  })

  it('passes over what it has had, so that an overlap after a reconnect changes nothing', () => {
    const events = wholeLog()
    const timeline = fold(events.slice(0, 13))
    expect(appendEvents(timeline, events.slice(5, 21))).toBe(8)
    appendEvents(timeline, events.slice(3))
    expect(JSON.parse(JSON.stringify(timeline.rows))).toEqual(JSON.parse(JSON.stringify(fold(events).rows)))
  })

  it('keeps attempts, steps, tries and tool calls in reading order', () => {
    expect(fold(wholeLog()).rows.map(row => row.kind)).toEqual(
      ['attempt', 'step', 'step', 'try', 'step', 'call', 'marker', 'attempt', 'step'],
    )
  })

  it('keeps the exit code, the time and the output of a command', () => {
    const step = fold(wholeLog()).steps[0]!
    expect(step).toMatchObject({ status: 'succeeded', durationMs: 1000, end: { exitCode: 0 }, command: 'git ls-files' })
    expect(step.endedAt! - step.startedAt).toBe(920)
    expect(step.output.lines.map(line => line.text)).toEqual(['a', 'b', 'c\x1B[31mred'])
  })

  it('keeps what the failed try came to under the step that was tried again', () => {
    const timeline = fold(wholeLog())
    const row = timeline.rows.find(one => one.kind === 'try')
    expect(row).toMatchObject({ made: { number: 1, status: 'failed', end: { exitCode: 7 } } })
    expect(timeline.steps[1]).toMatchObject({ try: 2, status: 'succeeded', end: { exitCode: 0 } })
  })

  it('takes the model\'s whole answer over its deltas and adds up tokens and money', () => {
    const timeline = fold(wholeLog())
    expect(timeline.steps[2]!.turn).toMatchObject({ text: 'I will look', reasoning: 'hm', finish: 'tool_calls' })
    expect(timeline).toMatchObject({ tokens: { input: 100, output: 20, cached: 50 }, costUsd: 0.01 })
  })

  it('keeps of the calls that a command makes to models the newest, adds them all up, and calls none a failed try', () => {
    const responded = { step: 1, model: 'claude/claude-haiku-4-5', finish: 'stop' as const, toolCalls: [], usage: { inputTokens: 10, outputTokens: 2 }, costUsd: null, durationMs: 8 }
    const requested = { step: 1, model: 'claude/claude-haiku-4-5', messages: 2, tools: [] }
    const timeline = fold(createLog().submit().start().command(1, 'claude -p hi')
      .add('model.requested', requested).add('model.responded', { ...responded, text: 'one' })
      .add('model.requested', requested).add('model.responded', { ...responded, text: 'two' }).finish(1).events)
    expect(timeline.rows.map(row => row.kind)).toEqual(['attempt', 'step'])
    expect(timeline.steps[0]!.turn).toMatchObject({ text: 'two', requests: 2 })
    expect(timeline.tokens).toEqual({ input: 20, output: 4, cached: 0 })
  })

  it('marks the loss of a worker between two attempts and closes what was open', () => {
    const timeline = fold(wholeLog())
    const row = timeline.rows.find(one => one.kind === 'marker')!
    expect(row).toMatchObject({ marker: { cause: 'lost', attempt: 1, detail: 'lease expired', stepsDone: 2, stepsOpen: 1 } })
    expect(row.kind === 'marker' && row.marker.resumedAt! - row.marker.fromAt).toBe(17_000)
    expect(timeline.steps[2]!.status).toBe('lost')
    expect(timeline.steps[2]!.calls[0]!.status).toBe('lost')
    expect(timeline.attempts.map(attempt => attempt.state)).toEqual(['lost', 'ended'])
  })

  it('says until when a run waits before it is tried again', () => {
    const log = createLog().submit().start().command(1, 'curl x').finish(1, 7)
      .add('attempt.ended', { reason: 'error', detail: 'curl failed', durationMs: 10 })
      .add('run.retry_scheduled', { reason: 'error', detail: 'curl failed', delayMs: 4000, availableAt: '2026-11-23T14:02:35.000Z' })
    const marker = fold(log.events).rows.at(-1)
    expect(marker).toMatchObject({ kind: 'marker', marker: { cause: 'retry', detail: 'curl failed', resumedAt: null } })
    const resumed = fold(log.wait(4200).start().events).rows.at(-2)
    expect(resumed?.kind === 'marker' && resumed.marker.resumedAt).toBe(Date.parse('2026-11-23T14:02:35.200Z'))
  })

  it('closes a step that a stop cut short', () => {
    const timeline = fold(createLog().submit().start().command(1, 'sleep 9').add('run.cancel_requested', { by: 'owner' }).end('cancelled').events)
    expect(timeline.steps[0]!.status).toBe('stopped')
    expect(timeline.end).toMatchObject({ status: 'cancelled', reason: 'cancelled', survivors: 0 })
  })

  it('shows a skipped step with why it was skipped', () => {
    const timeline = fold(createLog().submit().start().command(1, 'deploy')
      .add('step.finished', { step: 1, status: 'skipped', detail: 'if: steps[\'x\'].exitCode == 0 is false', durationMs: 0 })
      .events)
    expect(timeline.steps[0]).toMatchObject({ status: 'skipped', detail: expect.stringContaining('is false') })
  })

  it('goes on past an event of a type that it does not know', () => {
    const log = createLog().submit().start()
    const unknown = { ...log.events[1]!, seq: 3, type: 'artifact.saved', data: {} } as unknown as RunEvent
    expect(fold([...log.events, unknown]).lastSeq).toBe(3)
  })
})

describe('folding a run that is resumed', () => {
  const lost = () => createLog().submit().start().command(1, 'fetch').finish(1).command(2, 'deploy.sh prod').output(2, 'half\n')
    .add('attempt.lost', { worker: 'worker-1', detail: 'lease expired' }).wait(5000)
  const resumed = { kept: 1, repeated: 1, unknown: 0, workspace: 'kept' as const }

  it('writes into the marker before the attempt what that attempt found', () => {
    const timeline = fold(lost().start('worker-2').add('run.resumed', resumed).events)
    expect(timeline.rows.map(row => row.kind)).toEqual(['attempt', 'step', 'step', 'marker', 'attempt'])
    expect(timeline.rows[3]).toMatchObject({ marker: { cause: 'lost', resumed: { attempt: 2, kept: 1, repeated: 1, unknown: 0 } } })
  })

  it('makes a marker of its own when the attempt before it left none', () => {
    const log = createLog().submit().start().command(1, 'fetch').finish(1).add('attempt.ended', { reason: 'interrupted', detail: '', durationMs: 9 })
    const timeline = fold(log.start('worker-2').add('run.resumed', resumed).events)
    expect(timeline.rows.map(row => row.kind)).toEqual(['attempt', 'step', 'marker', 'attempt'])
  })

  it('shows a step that is begun anew in its new attempt, and the one that was cut short where it was', () => {
    const timeline = fold(lost().start('worker-2').add('run.resumed', resumed).command(2, 'deploy.sh prod', 2).output(2, 'whole\n').finish(2).events)
    const steps = timeline.rows.flatMap(row => row.kind === 'step' ? [[row.key, row.step.status, row.step.output.lines[0]?.text]] : [])
    expect(steps).toEqual([['step-1', 'succeeded', undefined], ['step-2', 'lost', 'half'], ['step-2-2', 'succeeded', 'whole']])
    expect(new Set(timeline.rows.map(row => row.key)).size).toBe(timeline.rows.length)
  })

  it('goes on with a step and its call under the same number when they were not begun anew', () => {
    const log = createLog().submit().start().model(1)
      .add('tool.proposed', { step: 1, call: 'a', tool: 'shell', input: {} })
      .add('tool.started', { step: 1, call: 'a', tool: 'shell', command: 'make' })
      .add('attempt.lost', { worker: 'worker-1', detail: 'gone' }).wait(1000).start('worker-2').add('run.resumed', resumed)
    expect(fold(log.events).steps[0]).toMatchObject({ status: 'lost', calls: [{ status: 'lost' }] })
    log.add('tool.started', { step: 1, call: 'a', tool: 'shell', command: 'make' })
    expect(fold(log.events).steps[0]).toMatchObject({ status: 'running', attempt: 2, endedAt: null, calls: [{ status: 'running', endedAt: null }] })
    expect(fold(log.events).sections).toHaveLength(1)
    log.add('attempt.lost', { worker: 'worker-2', detail: 'gone too' })
    expect(fold(log.events).steps[0]).toMatchObject({ status: 'lost', calls: [{ status: 'lost' }] })
  })

  it('closes what was open when the next attempt begins and nothing was said of the end of the one before', () => {
    const timeline = fold(createLog().submit().start().command(1, 'make').start('worker-2').events)
    expect(timeline.attempts.map(attempt => attempt.state)).toEqual(['lost', 'running'])
    expect(timeline.steps[0]!.status).toBe('lost')
    expect(timeline.rows.map(row => row.kind)).toEqual(['attempt', 'step', 'marker', 'attempt'])
  })

  const parked = () => lost().start('worker-2').add('run.resumed', { ...resumed, repeated: 0, unknown: 1 })
    .add('effect.unknown', { effect: 's2', step: 2, name: 'deploy', command: 'deploy.sh prod' })
    .add('run.parked', { for: 'settlement', detail: 'deploy has to be settled' })

  it('marks an effect whose outcome nobody knows where it was begun, and that the run is parked for it', () => {
    const timeline = fold(parked().events)
    expect(timeline.steps[1]).toMatchObject({ status: 'unknown', effect: { id: 's2', settled: null, startedAt: timeline.steps[1]!.startedAt } })
    expect(timeline.attempts.map(attempt => attempt.state)).toEqual(['lost', 'parked'])
    expect(timeline.rows.at(-1)).toMatchObject({ kind: 'marker', marker: { cause: 'parked', parked: true } })
    expect(timeline.notes).toMatchObject([{ note: { kind: 'effect', effect: { command: 'deploy.sh prod' } } }])
  })

  it.each([['done', 'succeeded'], ['failed', 'failed'], ['repeat', 'unknown'], ['told', 'unknown'], ['interrupted', 'unknown']] as const)('shows an effect that was settled as %s as %s, with whose word it is', (as, status) => {
    const timeline = fold(parked().wait(60_000).add('effect.settled', { effect: 's2', as, by: 'owner', note: 'looked at the site' }).events)
    expect(timeline.steps[1]).toMatchObject({ status, effect: { settled: { as, by: 'owner', note: 'looked at the site' } } })
  })

  it('does not show as failed what only was told to the model', () => {
    const log = createLog().submit().start().model(1)
      .add('tool.proposed', { step: 1, call: 'a', tool: 'shell', input: {} })
      .add('tool.started', { step: 1, call: 'a', tool: 'shell', command: 'npm i' })
      .add('attempt.lost', { worker: 'worker-1', detail: 'gone' }).start('worker-2')
      .add('effect.unknown', { effect: 'c1', step: 1, call: 'a', name: 'shell', command: 'npm i' })
      .add('effect.settled', { effect: 'c1', as: 'told', by: 'policy' })
      .add('tool.finished', { step: 1, call: 'a', tool: 'shell', status: 'failed', result: 'Nobody knows how it ended.', durationMs: 0 })
    expect(fold(log.events).steps[0]!.calls[0]).toMatchObject({ status: 'unknown', result: 'Nobody knows how it ended.' })
  })

  it('comes to the same timeline however its log is cut into batches', () => {
    const { events } = parked().wait(60_000).add('effect.settled', { effect: 's2', as: 'repeat', by: 'owner' })
      .start('worker-3').add('run.resumed', resumed).command(2, 'deploy.sh prod', 2).finish(2).end()
    const expected = drawn(events)
    fc.assert(fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 20 }), (sizes) => {
      expect(drawn(events, sizes)).toEqual(expected)
    }))
  })
})
