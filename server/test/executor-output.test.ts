import type { NewEvent } from '../src/domain/event.ts'
import type { ExecutorHost } from '../src/executor/host.ts'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataOf, outputOf, performRun, startExecutor } from './executor-harness.ts'

let host: ExecutorHost & AsyncDisposable
beforeAll(async () => {
  host = await startExecutor()
})
afterAll(() => host[Symbol.asyncDispose]())

const MiB = 1024 * 1024

describe('the output of commands', () => {
  it('is whole, byte for byte, for many sizes', async () => {
    const sizes = [0, 1, 100, 65_535, 65_536, 65_537, 200_000, 1_000_000]
    const { outcome, events } = await performRun(host, { steps: sizes.map(size => `head -c ${size} /dev/zero | tr '\\0' x`) })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(sizes.map((_, index) => dataOf(events, 'step.output').filter(data => data.step === index + 1).map(data => data.text).join('').length)).toEqual(sizes)
  })

  it('belongs to its own step, even when steps are short and many', async () => {
    const { events } = await performRun(host, { steps: Array.from({ length: 40 }, (_, index) => `echo ${index + 1}; echo e${index + 1} >&2`) })
    expect(dataOf(events, 'step.output').filter(data => data.stream === 'stdout').map(data => [data.step, data.text]))
      .toEqual(Array.from({ length: 40 }, (_, index) => [index + 1, `${index + 1}\n`]))
    expect(dataOf(events, 'step.output').filter(data => data.stream === 'stderr').map(data => data.step)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })

  it('comes while the command still runs', async () => {
    const order: string[] = []
    await performRun(host, { steps: ['echo first; sleep 0.4; echo second'], onEvent: (event: NewEvent) => void order.push(event.type === 'step.output' ? event.data.text : event.type) })
    expect(order.filter(word => word.endsWith('\n'))).toEqual(['first\n', 'second\n'])
  })

  it('makes at most 20 events a second of a chatty command', async () => {
    const { events } = await performRun(host, { steps: ['i=0; while [ $i -lt 200 ]; do echo $i; echo e >&2; i=$((i+1)); sleep 0.005; done'] })
    const times = dataOf(events, 'step.output').length
    const [finished] = dataOf(events, 'step.finished')
    // The first is at once, and the last flush may be early: both streams each.
    expect(times).toBeLessThanOrEqual(20 * finished!.durationMs / 1000 + 4)
    expect(outputOf(events).split('\n')).toHaveLength(201)
  })

  it('decodes characters across chunks and replaces what is no UTF-8, NUL too', async () => {
    const { events } = await performRun(host, { steps: ['printf "\\303"; sleep 0.1; printf "\\244 \\377 \\0 \\342\\202"', 'printf ok'] })
    expect(outputOf(events)).toBe('ä \uFFFD \uFFFD \uFFFDok')
  })

  it('is cut at the run\'s limit, which ends the run, and what was cut is said', async () => {
    const { outcome, events } = await performRun(host, { steps: [{ run: 'yes', continueOnError: true }, 'echo never'], limits: { outputBytes: MiB } })
    expect(outcome).toMatchObject({ reason: 'output_limit', canPass: false, survivors: 0 })
    expect(outputOf(events)).toHaveLength(MiB)
    expect(dataOf(events, 'limit.reached')).toMatchObject([{ limit: 'output', allowed: MiB }])
    expect(dataOf(events, 'output.cut')).toMatchObject([{ step: 1, allowedBytes: MiB }])
    expect(dataOf(events, 'output.cut')[0]!.droppedBytes).toBeGreaterThan(0)
    expect(events.at(-1)?.type).toBe('step.finished')
  })

  it('does not fill the executor\'s memory: a flood of 200 MB, and a worker that is slow to take it', async () => {
    const pid = host.pid!
    const rssBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
    const before = rssBytes()
    let peak = 0
    const [flood, slow] = await Promise.all([
      performRun(host, { steps: ['head -c 200000000 /dev/zero || true'], limits: { outputBytes: 2 * MiB }, onEvent: () => void (peak = Math.max(peak, rssBytes())) }),
      performRun(host, {
        steps: ['yes | head -c 3000000'],
        onEvent: async (event) => {
          peak = Math.max(peak, rssBytes())
          if (event.type === 'step.output')
            await new Promise(resolve => setTimeout(resolve, 20))
        },
      }),
    ])
    expect(flood.outcome).toMatchObject({ reason: 'output_limit' })
    expect(outputOf(slow.events)).toHaveLength(3_000_000)
    expect(peak - before).toBeLessThan(100 * MiB)
  })

  it('takes one line of 20 MB', async () => {
    const { outcome } = await performRun(host, { steps: ['head -c 20000000 /dev/zero | tr "\\0" x'], limits: { outputBytes: MiB } })
    expect(outcome).toMatchObject({ reason: 'output_limit' })
  })

  it('lets programs open /dev/stdout and /dev/stderr', async () => {
    const { outcome, events } = await performRun(host, { steps: ['echo a >/dev/stdout; echo b >/dev/stderr; echo c | tee /dev/stderr'] })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect([outputOf(events), outputOf(events, 'stderr')]).toEqual(['a\nc\n', 'b\nc\n'])
  })
})
