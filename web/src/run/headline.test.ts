import type { RunView } from '@agentos/server/domain/views/run'
import { describe, expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { createRun, NOW_MS } from './fixtures/run.ts'
import { appendEvents } from './fold.ts'
import { headlineOf, oneLine, shortModel } from './headline.ts'
import { createTimeline } from './timeline.ts'

function said(log: ReturnType<typeof createLog>, run: Partial<RunView> = {}): string {
  const timeline = createTimeline()
  appendEvents(timeline, log.events)
  const { word, parts } = headlineOf(createRun(run), timeline, NOW_MS)
  return `${word}: ${parts.map(part => part.text).join('')}`
}

const started = () => createLog().submit().start()

describe('the sentence under the title', () => {
  it('says what a script does now, and which try it is', () => {
    expect(said(started())).toBe('Running: opening its sandbox')
    expect(said(started().command(1, 'npm test'))).toBe('Running: step 1, npm')
    expect(said(started().command(1, 'npm test').finish(1, 1).command(1, 'npm test', 2))).toBe('Running: step 1, try 2, npm')
    expect(said(started().command(1, 'npm test').finish(1))).toBe('Running: between steps, 1 step so far')
  })

  it('says which model is asked, and which command of its it waits for', () => {
    const log = started().model(1).add('model.requested', { step: 1, model: 'openai/gpt-5', messages: 1, tools: [] })
    expect(said(log)).toBe('Running: step 1, answer from gpt-5')
    log.add('tool.proposed', { step: 1, call: 'a', tool: 'shell', input: {} })
    expect(said(log)).toBe('Running: step 1, shell is about to start')
    log.add('tool.started', { step: 1, call: 'a', tool: 'shell', command: 'ls -la' })
    expect(said(log)).toBe('Running: step 1, ls -la')
  })

  it('says that it is being stopped until the log says that it was', () => {
    const log = started().command(1, 'sleep 9').add('run.cancel_requested', { by: 'owner' })
    expect(said(log)).toBe('Stopping…: asked by owner; its processes are being ended')
    expect(said(log.end('cancelled'))).toBe('Cancelled: stopped on request · after 5.0 s · nothing of it still runs')
  })

  it('says why it waits in the queue and since when', () => {
    expect(said(createLog().submit(), { status: 'queued', queuedBecause: 'slots', startedAt: null }))
      .toMatch(/^Queued: slots: no worker has a free one · since \d\d:02:30, 6 m ago$/)
  })

  it('says what a failed attempt came to while the next one is due', () => {
    const log = started().add('attempt.ended', { reason: 'error', detail: 'step 1 exited with 7', durationMs: 5 })
      .add('run.retry_scheduled', { reason: 'error', detail: 'step 1 exited with 7', delayMs: 4000, availableAt: '2026-11-23T14:09:00.000Z' })
    expect(said(log, { status: 'queued', queuedBecause: 'later', availableAt: '2026-11-23T14:09:00.000Z' }))
      .toBe('Queued: later: again in 17 s; attempt 1 ended: step 1 exited with 7')
  })

  it('says why it ended, in words, and that nothing of it still runs', () => {
    const log = started().add('run.ended', {
      status: 'failed',
      reason: 'error',
      detail: 'Step "flaky" exited with 7.',
      steps: 1,
      outputBytes: 0,
      tokens: 0,
      costUsd: null,
      durationMs: 131_000,
      survivors: 2,
    })
    expect(said(log)).toBe('Failed: a step failed and was not handled: Step "flaky" exited with 7 · after 2 m 11 s · 2 processes outlived it and had to be killed')
  })

  it('says what a person has to settle, and that nothing is held meanwhile', () => {
    const waitingFor = { kind: 'settlement' as const, effect: '2', step: 2, call: null, place: 1, name: 'deploy', command: './deploy.sh prod', startedAt: '2026-11-23T14:02:40.000Z' }
    expect(said(started(), { status: 'waiting', waitingFor })).toBe('Waits for a person: what became of ./deploy.sh prod has to be settled. Nothing of it runs and no slot is held.')
  })

  it('says that a run was given up, and why', () => {
    expect(said(createLog().submit(), { status: 'failed', reason: 'interrupted', deadLetteredAt: '2026-11-23T14:08:00.000Z' }))
      .toBe('Failed: its worker or executor was lost; given up and put into the dead letter: 5 attempts in a row were lost with nothing new recorded')
  })

  it('knows the end from the run before the log has been read', () => {
    expect(said(createLog().submit(), { status: 'succeeded', reason: 'completed' })).toBe('Succeeded: did what was asked')
  })
})

it('names a script by its first line that does something', () => {
  expect(oneLine('set -e\n# count\ngit ls-files | wc -l\n')).toBe('git ls-files | wc -l')
  expect(oneLine('a\nb')).toBe('a …')
})

it('calls a model by its own name', () => {
  expect(shortModel('openai/gpt-5')).toBe('gpt-5')
  expect(shortModel('llama3')).toBe('llama3')
})
