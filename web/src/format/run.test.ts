import type { RunView } from '@agentos/server/domain/views/run'
import { expect, it } from 'vitest'
import { nowOrWhy, queuedWhy, runDurationMs, runTitle, sparkHeights } from './run.ts'

const now = Date.parse('2026-11-23T15:10:00.000Z')

function run(over: Partial<RunView>): RunView {
  return {
    id: 'r_1',
    agentId: 'a_1',
    agentName: 'log-triage',
    agentVersion: 1,
    task: '',
    inputs: {},
    status: 'running',
    reason: null,
    detail: null,
    now: null,
    queuedBecause: null,
    attempt: 1,
    maxAttempts: 1,
    failures: 0,
    deadLetteredAt: null,
    heldAt: null,
    host: null,
    worker: null,
    scheduleId: null,
    isChat: false,
    waitingFor: null,
    priority: 0,
    isolation: null,
    isolationBy: null,
    steps: 0,
    outputBytes: 0,
    tokens: 0,
    costUsd: null,
    lastSeq: 1,
    createdBy: 'owner',
    createdAt: '2026-11-23T15:00:00.000Z',
    availableAt: '2026-11-23T15:00:00.000Z',
    startedAt: '2026-11-23T15:00:00.000Z',
    endedAt: null,
    cancelRequestedAt: null,
    limits: { timeMs: 1, steps: 1, memoryBytes: 1, outputBytes: 1, diskBytes: 1, processes: 1, files: 1, cpu: 1, cpuTimeMs: null, tokens: null, costUsd: null },
    workspaceFrom: null,
    notices: [],
    ...over,
  }
}

it('calls a run by the first line of its task, else by its agent', () => {
  expect(runTitle(run({ task: '\n Count the errors \nand sort them' }))).toBe('Count the errors')
  expect(runTitle(run({ task: '  ' }))).toBe('log-triage')
})

it('counts to now while it runs, and to its end afterwards', () => {
  expect(runDurationMs(run({}), now)).toBe(600_000)
  expect(runDurationMs(run({ endedAt: '2026-11-23T15:00:14.000Z' }), now)).toBe(14_000)
  expect(runDurationMs(run({ startedAt: null }), now)).toBeNull()
})

it('says why a run waits', () => {
  expect(queuedWhy(run({ status: 'queued', queuedBecause: 'later', attempt: 1, availableAt: '2026-11-23T15:10:24.000Z' }), now)).toEqual({ word: 'later', rest: 'again in 24 s' })
  expect(queuedWhy(run({ status: 'queued', queuedBecause: 'later', availableAt: '2026-11-23T15:09:00.000Z' }), now).word).toBe('next')
  expect(queuedWhy(run({ status: 'queued', queuedBecause: 'slots' }), now).word).toBe('slots')
  expect(queuedWhy(run({ status: 'queued', queuedBecause: 'host', host: 'crane-2' }), now)).toEqual({ word: 'host', rest: 'its workspace is on crane-2, which has no free slot' })
  expect(queuedWhy(run({ status: 'queued', queuedBecause: 'rate' }), now)).toEqual({ word: 'rate', rest: 'as many of log-triage have started as may for now' })
})

it('says what a run does now, or why it ended, with the reason first when it failed', () => {
  expect(nowOrWhy(run({ now: 'count files' }), now)).toEqual({ reason: null, text: 'count files' })
  expect(nowOrWhy(run({ now: 'count files', cancelRequestedAt: '2026-11-23T15:09:00.000Z' }), now).text).toBe('stopping')
  const waitingFor = { kind: 'settlement' as const, effect: '2', step: 2, call: null, place: 1, name: 'deploy', command: './deploy.sh', startedAt: '2026-11-23T15:08:00.000Z' }
  expect(nowOrWhy(run({ status: 'waiting', waitingFor }), now).text).toBe('to be settled: deploy')
  expect(nowOrWhy(run({ status: 'failed', reason: 'timeout' }), now)).toEqual({ reason: 'timeout', text: 'over its time limit' })
  expect(nowOrWhy(run({ status: 'failed', reason: 'error', detail: 'step 2 exited 3' }), now).text).toBe('step 2 exited 3')
  expect(nowOrWhy(run({ status: 'succeeded', reason: 'completed' }), now).text).toBe('completed')
})

it('draws a short run beside a long one so that both are seen', () => {
  expect(sparkHeights([100, 10_000, null])).toEqual([0.28, 1, 0.2])
  expect(sparkHeights([null])).toEqual([0.4])
})
