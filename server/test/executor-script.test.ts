import type { ExecutorHost } from '../src/executor/host.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataOf, outputOf, performRun, startExecutor } from './executor-harness.ts'

let host: ExecutorHost & AsyncDisposable
beforeAll(async () => {
  host = await startExecutor()
})
afterAll(() => host[Symbol.asyncDispose]())

const run = (o: Parameters<typeof performRun>[1]) => performRun(host, o)

describe('a script', () => {
  it('runs its steps in order in one workspace, with the task and the inputs in their environment', async () => {
    const { outcome, events } = await run({
      steps: ['echo "$AGENTOS_TASK" >said', 'cat said; echo "$INPUT_BRANCH_NAME $INPUT_DEEP"; echo oops >&2; pwd; echo $HOME'],
      task: 'find $(out) \'why\'',
      inputs: { branch_name: 'main', deep: true },
    })
    expect(outcome).toEqual({ reason: 'completed', detail: '', canPass: false, survivors: 0 })
    expect(outputOf(events)).toBe('find $(out) \'why\'\nmain true\n/workspace\n/home/agent\n')
    expect(outputOf(events, 'stderr')).toBe('oops\n')
    expect(dataOf(events, 'sandbox.opened')).toHaveLength(1)
    expect(dataOf(events, 'step.finished').map(data => [data.step, data.status, data.end?.exitCode])).toEqual([[1, 'succeeded', 0], [2, 'succeeded', 0]])
  })

  it('has each intent recorded before its command starts', async () => {
    const seen: string[] = []
    const { outcome } = await run({
      steps: ['echo started'],
      onEvent: event => void seen.push(event.type),
      onAsk: ask => ask.kind === 'record'
        ? new Promise((resolve) => {
            // Time enough for the command to write, had it been started: the sandbox is open by then.
            setTimeout(() => {
              seen.push('durable')
              resolve({ kind: 'recorded' })
            }, 200)
          })
        : undefined,
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(seen.indexOf('durable')).toBeLessThan(seen.indexOf('step.output'))
  })

  it('ends at the first failing step, with error and the step named', async () => {
    const { outcome, events } = await run({ steps: [{ name: 'build', run: 'exit 3' }, 'echo never'] })
    expect(outcome).toMatchObject({ reason: 'error', detail: 'Step "build" exited with 3.', canPass: true })
    expect(outputOf(events)).toBe('')
  })

  it('goes on after a failing step that may fail, and says so in the log', async () => {
    const { outcome, events } = await run({ steps: [{ run: 'exit 3', continueOnError: true }, 'echo on'] })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(dataOf(events, 'step.finished')[0]).toMatchObject({ status: 'failed', continued: true, end: { exitCode: 3 } })
    expect(outputOf(events)).toBe('on\n')
  })

  it.each([
    ['exit 124', 'error'],
    ['exit 126', 'not_permitted'],
    ['exit 127', 'not_found'],
    ['/workspace', 'not_permitted'],
    ['no-such-program-anywhere', 'not_found'],
    ['kill -9 $$', 'error'],
    ['kill -TERM 0', 'error'],
    ['if then', 'error'],
  ])('ends after the step `%s` with %s', async (command, reason) => {
    expect((await run({ steps: [command] })).outcome).toMatchObject({ reason })
  })

  it('ends a step that is over its own time limit with timeout, by SIGTERM when that is enough', async () => {
    const { outcome, events } = await run({ steps: [{ run: 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done', timeoutMs: 300 }], graceMs: 5000 })
    expect(outcome).toMatchObject({ reason: 'timeout' })
    expect(outputOf(events)).toBe('up\nbye\n')
    expect(dataOf(events, 'step.finished')[0]).toMatchObject({ status: 'failed', end: { ended: 'timeout', signal: 'SIGTERM', exitCode: null } })
  })

  it('kills a step that ignores SIGTERM after the grace', async () => {
    const { outcome, events } = await run({ steps: [{ run: 'trap "" TERM; echo up; while :; do sleep 0.05; done', timeoutMs: 300 }], graceMs: 200 })
    expect(outcome).toMatchObject({ reason: 'timeout', survivors: 0 })
    expect(dataOf(events, 'step.finished')[0]?.end).toMatchObject({ ended: 'timeout', signal: 'SIGKILL' })
  })

  it('ends with timeout when the run as a whole is over its limit', async () => {
    const { outcome, events } = await run({ steps: ['sleep 20'], limits: { timeMs: 400 } })
    expect(outcome).toMatchObject({ reason: 'timeout', detail: 'The run was over its time limit of 0.4 s.' })
    expect(dataOf(events, 'limit.reached')).toMatchObject([{ limit: 'time', allowed: 400 }])
  })

  it('tries a step again as often as it says, each try recorded', async () => {
    const { outcome, events } = await run({ steps: [{ run: 'echo x >>tries; [ $(wc -l <tries) -ge 3 ]', retry: { attempts: 3, delayMs: 10 } }] })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(dataOf(events, 'step.started').map(data => [data.step, data.try])).toEqual([[1, 1], [1, 2], [1, 3]])
    expect(dataOf(events, 'step.finished').map(data => data.status)).toEqual(['failed', 'failed', 'succeeded'])
  })

  it('evaluates the conditions of steps', async () => {
    const { outcome, events } = await run({
      steps: [
        { name: 'fetch', run: 'exit 4', continueOnError: true },
        { name: 'mend', run: 'echo mended', if: 'steps[\'fetch\'].exitCode == 4' },
        { name: 'never', run: 'echo never', if: 'steps[\'fetch\'].exitCode == 0' },
      ],
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(outputOf(events)).toBe('mended\n')
    expect(dataOf(events, 'step.finished').map(data => data.status)).toEqual(['failed', 'succeeded', 'skipped'])
  })

  it('ends with error when a condition cannot be evaluated', async () => {
    expect((await run({ steps: [{ name: 'a', run: 'true', if: 'steps[' }] })).outcome).toMatchObject({ reason: 'error', detail: expect.stringContaining('its condition') })
  })

  it('does not start a command that the worker denies', async () => {
    const { outcome, events } = await run({
      steps: ['touch evidence'],
      onAsk: ask => ask.kind === 'command' ? Promise.resolve({ kind: 'decision', allow: false, reason: 'it is on the list', rule: 'touch' }) : undefined,
    })
    expect(outcome).toMatchObject({ reason: 'not_permitted', detail: expect.stringContaining('it is on the list') })
    expect(dataOf(events, 'step.finished')).toMatchObject([{ status: 'failed' }])
    expect(dataOf(events, 'sandbox.opened')).toEqual([])
  })

  it('ends interrupted, with nothing started, when the worker cannot record', async () => {
    const { outcome, events } = await run({ steps: ['echo hi'], onAsk: ask => ask.kind === 'record' ? Promise.reject(new Error('the fence was lost')) : undefined })
    expect(outcome).toMatchObject({ reason: 'interrupted', detail: 'The fence was lost.' })
    expect(outputOf(events)).toBe('')
  })

  it('has succeeded only if what verifies it does', async () => {
    expect((await run({ steps: ['echo 1 >n'], verify: ['[ -f n ]'] })).outcome).toMatchObject({ reason: 'completed' })
    const { outcome, events } = await run({ steps: ['true'], verify: ['[ -f n ]'] })
    expect(outcome).toMatchObject({ reason: 'error', detail: 'Not verified: step "step 1" exited with 1.' })
    expect(dataOf(events, 'step.started').map(data => data.step)).toEqual([1, 2])
  })

  it('ends with step_limit at its limit of steps', async () => {
    const { outcome, events } = await run({ steps: ['true', 'true', 'echo third'], limits: { steps: 2 } })
    expect(outcome).toMatchObject({ reason: 'step_limit' })
    expect(dataOf(events, 'limit.reached')).toEqual([{ limit: 'steps', used: 3, allowed: 2 }])
    expect(outputOf(events)).toBe('')
  })

  it('keeps a background process for the next step, and leaves none behind', async () => {
    const { outcome, events } = await run({ steps: ['(while [ ! -e go ]; do sleep 0.01; done; echo from the back; touch gone; sleep 30) & echo $! >pid', 'touch go; while [ ! -e gone ]; do sleep 0.01; done; kill -0 $(cat pid) && echo alive'] })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(outputOf(events)).toBe('from the back\nalive\n')
  })

  it('opens another session when the agent has killed its own', async () => {
    const { outcome, events } = await run({ level: 'process', steps: [{ run: 'kill -9 $PPID; sleep 5', continueOnError: true }, 'echo again'] })
    expect(outcome).toMatchObject({ reason: 'completed', detail: '' })
    expect(dataOf(events, 'sandbox.opened')).toHaveLength(2)
    expect(dataOf(events, 'step.finished')[0]).toMatchObject({ status: 'failed', end: { ended: 'killed' } })
    expect(outputOf(events)).toBe('again\n')
  })

  it('is refused, with what to do, at a level that cannot be had', async () => {
    const { outcome, events } = await run({ steps: ['true'], level: 'container' })
    expect(outcome).toMatchObject({ reason: 'refused', canPass: false, detail: expect.stringContaining('container') })
    expect(events).toEqual([])
  })

  it('says spawn_error when the sandbox cannot be entered', async () => {
    const { outcome } = await run({ steps: ['true'], sandbox: { homePath: '/nonexistent/home' } })
    expect(outcome).toMatchObject({ reason: 'spawn_error', detail: expect.stringContaining('/nonexistent/home') })
  })

  it('says spawn_error for a command that is longer than the kernel takes', async () => {
    expect((await run({ steps: [`: ${'x'.repeat(200_000)}`] })).outcome).toMatchObject({ reason: 'spawn_error' })
  })

  it('cannot write to a workspace that is mounted read-only', async () => {
    const { outcome, events } = await run({ steps: ['touch x'], sandbox: { workspaceMode: 'read-only' } })
    expect(outcome).toMatchObject({ reason: 'error' })
    expect(outputOf(events, 'stderr')).toContain('Read-only file system')
  })
})
