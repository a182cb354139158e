import type { RunUsage } from '@agentos/server/domain/views/run'
import { expect, it } from 'vitest'
import { createUsageIntake } from '../stores/usage-intake.ts'
import { createRun } from './fixtures/run.ts'
import { sampleAt } from './fixtures/usage.ts'
import { processLines, processTotals } from './process-lines.ts'

const { limits } = createRun()

function shown(...samples: RunUsage[]) {
  const intake = createUsageIntake()
  return samples.map(sample => intake.take(sample, 0)).at(-1)!
}

it('draws a tree with depth, CPU of two samples, and the part of what the run may use', () => {
  const usage = shown(sampleAt(0, { 2: 100 }), sampleAt(2, { 2: 2000 }))
  expect(processLines(usage, limits)).toMatchObject([
    { pid: 1, depth: 1, command: 'sh', cpu: '0.0', cpuTime: '0.0 s', memory: '2.0', isBusy: false },
    { pid: 2, depth: 2, command: 'node work.js', cpu: '95.0', cpuTime: '2.0 s', memory: '512', cpuShare: 0.95, memoryShare: 0.5, isBusy: true },
  ])
  expect(processTotals(usage)).toEqual({ cpu: '95.0', memory: '514' })
})

it('has no CPU per cent of one sample, nor of the same one twice', () => {
  expect(processLines(shown(sampleAt(0, {}), sampleAt(0, {})), limits).map(line => line.cpu)).toEqual(['', ''])
  expect(processTotals(shown(sampleAt(0, {}))).cpu).toBe('')
})

it('keeps the peaks of all samples', () => {
  const { peak } = shown({ ...sampleAt(0, {}), processes: 9, diskBytes: 50 }, { ...sampleAt(1, {}), memoryBytes: 5, diskBytes: null })
  expect(peak).toEqual({ memoryBytes: 514 * 2 ** 20, processes: 9, diskBytes: 50 })
})

it('shows a hostile command line as harmless text, however deep it stands', () => {
  const sample = sampleAt(0, {})
  sample.tree[0]!.command = '\x1B[2J\x1B]0;title\x07rm\0 -rf\r\n/ \u202Etxt.exe <img src=x onerror=1>'
  sample.tree = Array.from({ length: 200 }, (_, at) => ({ ...sample.tree[0]!, pid: at + 1, parent: at }))
  const lines = processLines(shown(sample), limits)
  expect(lines[0]!.command).toBe('rm -rf / \\u202etxt.exe <img src=x onerror=1>')
  expect(Math.max(...lines.map(line => line.depth))).toBeLessThanOrEqual(8)
})
