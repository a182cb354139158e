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
  return JSON.parse(JSON.stringify({ ...timeline, stepsByNumber: null, callsById: null, deniedNotes: null }))
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
