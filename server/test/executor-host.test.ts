import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createExecutorHost } from '../src/executor/host.ts'
import { dataOf, outputOf, performRun, runAs, startExecutor, until } from './executor-harness.ts'
import { childrenOf } from './faults/processes.ts'

const liar = fileURLToPath(new URL('./executor-fixtures/liar.ts', import.meta.url))

describe('the host of an executor', () => {
  it.each([
    ['no json', 'broke the protocol'],
    ['unknown type', 'broke the protocol'],
    ['unknown event', 'key.given'],
    ['malformed event', 'broke the protocol'],
    ['another run', 'run other'],
    ['long line', 'more than'],
    ['many requests', 'one too many'],
    ['same request', 'one too many'],
    ['stderr', 'exit code 3'],
  ])('survives an executor that misbehaves (%s): its run is lost, another is started', async (task, words) => {
    await using host = await startExecutor({ mainPath: liar, runAs: null })
    const pid = host.pid
    const { outcome } = await performRun(host, { task, steps: ['true'], onAsk: () => new Promise(() => {}) })
    expect(outcome).toMatchObject({ lost: true, detail: expect.stringContaining(words) })
    await until(() => host.pid !== null && host.pid !== pid)
  })

  it('keeps the last words of an executor that died, and no more', async () => {
    await using host = await startExecutor({ mainPath: liar, runAs: null })
    const { outcome } = await performRun(host, { task: 'stderr', steps: ['true'] })
    expect(outcome).toMatchObject({ detail: expect.stringMatching(/the last words$/) })
    expect(JSON.stringify(outcome).length).toBeLessThan(5000)
  })

  it('rejects its start with what the executor said when none can be started', async () => {
    const host = createExecutorHost({ runAs: null, mainPath: '/nonexistent/main.ts' })
    await expect(host.start()).rejects.toThrow('/nonexistent/main.ts')
    await host.stop()
  })

  it('proves a level in a second trial when somebody has killed the shell of the first', async () => {
    await using undisturbed = await startExecutor()
    const host = createExecutorHost({ runAs, engines: [] })
    const started = host.start()
    await until(() => childrenOf(host.pid!).some(pid => isProbe(pid) && process.kill(pid, 'SIGKILL')))
    await started
    expect(host.levels).toEqual(undisturbed.levels)
    await host.stop()
  })

  it('hosts 20 runs at once, each with its own sandbox and order', async () => {
    await using host = await startExecutor()
    const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => performRun(host, { steps: [`echo ${index} >mine; ls`, 'cat mine'] })))
    expect(runs.map(run => run.outcome)).toEqual(runs.map(() => ({ reason: 'completed', detail: '', canPass: false, survivors: 0 })))
    expect(runs.map(run => outputOf(run.events))).toEqual(runs.map((_, index) => `mine\n${index}\n`))
    expect(runs.map(run => dataOf(run.events, 'step.finished').map(data => data.step))).toEqual(runs.map(() => [1, 2]))
  })

  it('settles each run exactly once when stops race its end', async () => {
    await using host = await startExecutor()
    const runs = await Promise.all(Array.from({ length: 30 }, async (_, index) => {
      const stop = new AbortController()
      // Before its start, while its sandbox opens, while its command runs, about when it ends, and twice.
      setTimeout(() => stop.abort('enough'), index * 4)
      setTimeout(() => host.cancel(`race-${index}`, 'timeout', 'too late'), index * 4)
      return performRun(host, { runId: `race-${index}`, steps: ['sleep 0.03', 'echo done'], signal: stop.signal })
    }))
    for (const { outcome, events } of runs) {
      expect(outcome).toMatchObject(outputOf(events) === 'done\n' && 'reason' in outcome && outcome.reason === 'completed' ? { survivors: 0 } : { reason: 'cancelled', detail: 'Enough.', survivors: 0 })
      expect(dataOf(events, 'step.finished').length).toBe(dataOf(events, 'step.started').filter(data => dataOf(events, 'step.finished').some(end => end.step === data.step)).length)
    }
    expect(runs.some(run => 'reason' in run.outcome && run.outcome.reason === 'cancelled')).toBe(true)
  })

  it('does not forget a stop that comes in the same moment as the run', async () => {
    await using host = await startExecutor()
    const running = performRun(host, { runId: 'at-once', steps: ['sleep 60'] })
    host.cancel('at-once', 'timeout', 'before it began')
    expect((await running).outcome).toMatchObject({ reason: 'timeout', detail: 'Before it began.' })
  })

  it('loses its runs when it is stopped, and takes no more', async () => {
    const host = await startExecutor()
    const running = performRun(host, { steps: ['echo up; sleep 60'], onEvent: event => void (event.type === 'step.output' && host.stop()) })
    expect((await running).outcome).toMatchObject({ lost: true })
    expect((await performRun(host, { steps: ['true'] })).outcome).toMatchObject({ lost: true, detail: 'the executor is stopped' })
    await host.stop()
  })

  it('stops a run whose events the worker cannot keep', async () => {
    await using host = await startExecutor()
    const { outcome } = await performRun(host, { steps: ['echo hi; sleep 60'], onEvent: (event) => {
      if (event.type === 'step.output')
        throw new Error('the fence was lost')
    } })
    expect(outcome).toMatchObject({ reason: 'interrupted', detail: 'The fence was lost.' })
  })
})

function isProbe(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes('AGENTOS_RUN=probe-')
  }
  catch {
    return false // it has ended
  }
}
