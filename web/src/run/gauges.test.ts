import { UNKEPT } from '@agentos/server/domain/limits'
import { expect, it } from 'vitest'
import { createUsageIntake } from '../stores/usage-intake.ts'
import { createLog } from './fixtures/log.ts'
import { createRun, NOW_MS } from './fixtures/run.ts'
import { sampleAt } from './fixtures/usage.ts'
import { appendEvents } from './fold.ts'
import { gaugesOf, gaugeTitle } from './gauges.ts'
import { createTimeline } from './timeline.ts'

function gauges(log: ReturnType<typeof createLog>, run = createRun()) {
  const timeline = createTimeline()
  appendEvents(timeline, log.events)
  return gaugesOf(run, timeline, NOW_MS).map(({ label, value, limit }) => `${label} ${value}${limit === null ? '' : ` / ${limit}`}`)
}

const used = createUsageIntake().take(sampleAt(0, { 2: 42_000 }), 0)

it('shows time, output and steps of a script, and keeps a place for what will be measured', () => {
  expect(gauges(createLog().submit().start().command(1, 'x').output(1, 'x'.repeat(2048)))).toEqual([
    'Time 6:12 / 30 m',
    'Memory — / 1 G',
    'Processes — / 64',
    'Output 2 K / 10 M',
    'Steps 1 / 50',
  ])
})

it('draws no bar for what nobody has measured, and after the end shows only the most that was seen', () => {
  const timeline = createTimeline()
  const log = createLog().submit().start()
  appendEvents(timeline, log.events)
  const memory = (run = createRun(), usage: Parameters<typeof gaugesOf>[3] = null) => gaugesOf(run, timeline, NOW_MS, usage).find(({ label }) => label === 'Memory')
  expect(memory()).toMatchObject({ used: null })
  expect(memory(createRun(), used)).toMatchObject({ value: '514 M', used: 514 * 2 ** 20 })
  appendEvents(timeline, log.end().events)
  expect(memory()).toBeUndefined()
  const after = createUsageIntake()
  after.take(sampleAt(0, {}), 0)
  expect(memory(createRun(), after.take({ ...sampleAt(1, {}), memoryBytes: 5 }, 1))).toMatchObject({ value: '514 M' })
})

it('says of each limit what keeps it, and marks one that nothing keeps', () => {
  const timeline = createTimeline()
  const keepers = { ...UNKEPT, memory: ['cgroup' as const], time: ['counted' as const] }
  appendEvents(timeline, createLog().submit().start().add('sandbox.opened', { level: 'process', by: 'ulimit', durationMs: 1, keepers }).events)
  const all = gaugesOf(createRun({ limits: { ...createRun().limits, cpuTimeMs: 60_000 } }), timeline, NOW_MS, used)
  const [memory, processes, cpuTime] = ['Memory', 'Processes', 'CPU time'].map(name => all.find(({ label }) => label === name)!)
  expect(gaugeTitle(memory!)).toBe('Memory: 514 M of 1 G.\nKept by the kernel for the whole run.')
  expect(memory!.isUnkept).toBe(false)
  expect(gaugeTitle(processes!)).toBe('Processes: 2 of 64.\nNothing keeps this limit here.')
  expect(processes!.isUnkept).toBe(true)
  expect(gaugeTitle(cpuTime!)).toBe('CPU time: 0:42 of 1 m.\nNothing keeps this limit here.')
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

it('does not count attempts that lost their worker', () => {
  const log = createLog().submit().start().add('attempt.lost', { worker: 'a', detail: '' }).start()
  expect(gauges(log, createRun({ maxAttempts: 3, attempt: 2 }))).toContain('Attempts 1 / 3')
})

it('shows attempts where there may be several', () => {
  expect(gauges(createLog().submit().start(), createRun({ maxAttempts: 3 }))).toContain('Attempts 1 / 3')
})

it('stands still once the run has ended', () => {
  expect(gauges(createLog().submit().start().end())).toContain('Time 0:05 / 30 m')
})
