import { expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { createRun, NOW_MS } from './fixtures/run.ts'
import { appendEvents } from './fold.ts'
import { gaugesOf } from './gauges.ts'
import { createTimeline } from './timeline.ts'

function gauges(log: ReturnType<typeof createLog>, run = createRun()) {
  const timeline = createTimeline()
  appendEvents(timeline, log.events)
  return gaugesOf(run, timeline, NOW_MS).map(({ label, value, limit }) => `${label} ${value}${limit === null ? '' : ` / ${limit}`}`)
}

it('shows time, steps and output of a script, and nothing that is not counted', () => {
  expect(gauges(createLog().submit().start().command(1, 'x').output(1, 'x'.repeat(2048)))).toEqual(['Time 6:12 / 30 m', 'Steps 1 / 50', 'Output 2 K / 10 M'])
})

it('shows tokens for a model, and money only when a price is known', () => {
  const log = createLog().submit().start().model(1)
  expect(gauges(log)).toContain('Tokens 0')
  expect(gauges(log).join()).not.toContain('Cost')
  const usage = { inputTokens: 1200, outputTokens: 300 }
  log.add('model.requested', { step: 1, model: 'openai/gpt-5', messages: 1, tools: [] })
    .add('model.responded', { step: 1, model: 'openai/gpt-5', text: '', finish: 'stop', toolCalls: [], usage, costUsd: 0.42, durationMs: 1 })
  const limits = { ...createRun().limits, tokens: 200_000, costUsd: 2 }
  expect(gauges(log, createRun({ limits }))).toEqual(expect.arrayContaining(['Tokens 1.5 k / 200 k', 'Cost $0.42 / $2.00']))
})

it('shows attempts where there may be several', () => {
  expect(gauges(createLog().submit().start(), createRun({ maxAttempts: 3 }))).toContain('Attempts 1 / 3')
})

it('stands still once the run has ended', () => {
  expect(gauges(createLog().submit().start().end())).toContain('Time 0:05 / 30 m')
})
