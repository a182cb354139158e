import { describe, expect, it } from 'vitest'
import { feedOf, hasBody, numberOf, startingRow } from './feed.ts'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { createTimeline } from './timeline.ts'
import { describeRow } from './trace-row.ts'

function timelineOf(log: ReturnType<typeof createLog>) {
  const timeline = createTimeline()
  appendEvents(timeline, log.events)
  return timeline
}

function failed() {
  return createLog().submit().start()
    .command(1, 'true').finish(1)
    .command(2, 'curl x').finish(2, 7).command(2, 'curl x', 2).finish(2, 7)
    .command(3, 'echo ok').output(3, 'ok').finish(3)
}

describe('the reading', () => {
  it('tells what was tried before what came of it', () => {
    const items = feedOf(timelineOf(failed()))
    expect(items.map(item => `${item.kind} ${numberOf(item)}`)).toEqual(['step 1', 'try 2', 'step 2', 'step 3'])
  })

  it('opens what there is to read in', () => {
    const open = feedOf(timelineOf(failed())).flatMap(item => item.kind === 'step' ? [hasBody(item)] : [])
    expect(open).toEqual([false, true, true])
  })

  it('begins at the step that failed, else at the newest', () => {
    expect(startingRow(timelineOf(failed()))?.key).toBe('step-3')
    expect(startingRow(timelineOf(failed().end('error')))?.key).toBe('step-2')
  })
})

describe('a row of the map', () => {
  it('calls a turn by the first words of its answer, or by what it asks for', () => {
    const log = createLog().submit().start().model(1, 'model turn').add('model.requested', { step: 1, model: 'openai/gpt-5', messages: 1, tools: [] })
    const title = () => describeRow(timelineOf(log).rows[1] as Parameters<typeof describeRow>[0]).title // the second row is the step
    expect(title()).toBe('answer from gpt-5')
    log.add('tool.proposed', { step: 1, call: 'a', tool: 'shell', input: {} })
    expect(title()).toBe('asks for shell')
    log.add('model.delta', { step: 1, kind: 'text', text: '\n## **Plan** the `work`\nfirst' })
    expect(title()).toBe('Plan the work')
  })

  it('shows what a person stopped as stopped, not as failed', () => {
    const log = createLog().submit().start().command(1, 'sleep 9').add('step.finished', {
      step: 1,
      status: 'failed',
      detail: 'was ended from outside',
      end: { exitCode: null, signal: 'SIGTERM', durationMs: 5, ended: 'cancelled' },
      durationMs: 5,
    })
    expect(describeRow(timelineOf(log).rows[1] as Parameters<typeof describeRow>[0])).toMatchObject({ mark: 'cancelled', note: 'stopped', bar: 'tool' }) // the second row is the step
  })
})
