import type { RunEvent } from '../src/domain/event.ts'
import type { TestWorker } from './worker/open-worker.ts'
import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { findMarked, listProcesses } from '../src/executor/sandbox/processes.ts'
import { checkDatabase } from './checker.ts'
import { checkPairs } from './worker/check-pairs.ts'
import { openWorker } from './worker/open-worker.ts'

const output = (events: RunEvent[]) => events.map(({ type, data }) => type === 'step.output' || type === 'tool.output' ? (data as { text: string }).text : '').join('')
const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type) as Extract<RunEvent, { type: T }>[]

function killExecutors({ hosts }: TestWorker): void {
  for (const { pid } of hosts)
    process.kill(pid!, 'SIGKILL')
}

/** Runs until `at`, loses the executor there, and returns the run's id. */
async function lose(worker: TestWorker, source: string, at: (event: RunEvent) => boolean): Promise<string> {
  const { id } = await worker.run(source)
  await worker.eventsUntil(id, at)
  killExecutors(worker)
  return id
}

async function toEnd(worker: TestWorker, id: string): Promise<RunEvent[]> {
  const events = await worker.ended(id)
  expect([...checkPairs(events), ...await checkDatabase(worker.db)]).toEqual([])
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
  await expect.poll(() => worker.leftFolders()).toEqual([])
  return events
}

const says = (text: string) => (event: RunEvent) => event.type === 'step.output' && event.data.text.includes(text)

/** The second step is lost in its middle. */
const script = (second: string, more = '') => `${more}\nsteps:\n  - run: echo first >>log; echo one\n  - ${second}\n  - run: cat log; echo three`
const WAITS = `echo second >>log; echo two; [ "$AGENTOS_ATTEMPT" -gt 1 ] || sleep 1000`

it('a script goes on with the step that was lost when it may be repeated, in the workspace as it was', async () => {
  const worker = await openWorker()
  const id = await lose(worker, script(`{ run: '${WAITS}', idempotent: true }`), says('two'))
  const events = await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2, failures: 0, maxAttempts: 1 })
  expect(output(events)).toBe('one\ntwo\ntwo\nfirst\nsecond\nsecond\nthree\n')
  expect(of(events, 'run.resumed')).toMatchObject([{ data: { kept: 1, repeated: 1, unknown: 0, workspace: 'kept' } }])
  expect(of(events, 'workspace.prepared')).toHaveLength(1)
})

it('effects: retry repeats whatever was lost, and says what it did', async () => {
  const worker = await openWorker()
  const id = await lose(worker, script(`run: '${WAITS}'`, 'effects: retry'), says('two'))
  const events = await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2 })
  expect(of(events, 'effect.unknown')).toMatchObject([{ data: { effect: '2', name: expect.stringContaining('second') } }])
  expect(of(events, 'effect.settled')).toMatchObject([{ data: { as: 'repeat', by: 'policy retry' } }])
})

it('a script that cannot be told ends as interrupted, and repeats nothing', async () => {
  const worker = await openWorker()
  const id = await lose(worker, script(`run: '${WAITS}'`), says('two'))
  const events = await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'failed', reason: 'interrupted', attempt: 2 })
  expect(output(events)).toBe('one\ntwo\n')
  expect(of(events, 'effect.settled')).toMatchObject([{ data: { as: 'interrupted' } }])
})

it.each([
  ['done', 'succeeded', 'one\ntwo\nfirst\nsecond\nthree\n'],
  ['repeat', 'succeeded', 'one\ntwo\ntwo\nfirst\nsecond\nsecond\nthree\n'],
  ['failed', 'failed', 'one\ntwo\n'],
] as const)('with effects: ask it waits with no process and no slot, over a restart; settled as %s it has %s', async (as, status, text) => {
  const first = await openWorker({ slots: 1, isShared: true })
  const id = await lose(first, script(`run: '${WAITS}'`, 'effects: ask'), says('two'))
  await first.eventsUntil(id, ({ type }) => type === 'run.parked')
  expect(await first.view(id)).toMatchObject({ status: 'waiting', waitingFor: { kind: 'settlement', effect: '2', step: 2, command: expect.stringContaining('second') } })
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
  await first.ended((await first.run('steps:\n  - run: echo the slot is free')).id)
  await first.stop({ keep: true })

  const worker = await openWorker({ base: first.base, slots: 1, isShared: true })
  expect(await worker.view(id)).toMatchObject({ status: 'waiting' })
  await worker.settle(id, as, 'I looked')
  const events = await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status, waitingFor: null })
  expect(output(events)).toBe(text)
  await expect(worker.settle(id, as)).rejects.toThrow(`is ${status} and waits for no settlement`)
  await worker.stop()
})

it('a run that waits is stopped at once, and its folder goes', async () => {
  const worker = await openWorker()
  const id = await lose(worker, script(`run: '${WAITS}'`, 'effects: ask'), says('two'))
  await worker.eventsUntil(id, ({ type }) => type === 'run.parked')
  expect(await worker.leftFolders()).toEqual([id])
  await worker.stopRun(id)
  await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'cancelled' })
})

const MODEL = 'model: openai/scripted\ninstructions: be brief'

it('a conversation goes on: nothing that was answered is asked again, and a lost call is told', async () => {
  const worker = await openWorker({ turns: [
    { call: [{ tool: 'shell', input: { command: 'echo a >>log; echo first' } }] },
    { call: [{ tool: 'shell', input: { command: 'echo b >>log; echo second; sleep 1000' } }] },
    ({ body }) => ({ say: `I was told: ${JSON.stringify(body.messages.at(-1)?.content)}` }),
  ] })
  const id = await lose(worker, MODEL, event => event.type === 'tool.output' && event.data.text.includes('second'))
  const events = await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2 })
  expect(worker.scripted.requests).toHaveLength(3)
  expect(worker.scripted.requests[2]!.body.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'tool'])
  expect(of(events, 'model.responded').at(-1)!.data.text).toContain('Nobody knows whether this was done')
  expect(output(events)).toBe('first\nsecond\n')
})

it('a call of a tool that changes nothing is made again, and those after it once', async () => {
  const worker = await openWorker({ turns: [
    { call: [{ tool: 'read_file', input: { path: 'pipe' } }, { tool: 'shell', input: { command: 'echo after' } }] },
    { say: 'read' },
  ] })
  // A file tool that hangs: what it reads is written by nobody.
  const { id } = await worker.run(`${MODEL}\ntools: [shell, files]\nworkspace: { mode: mount-read-write }`, { workspace: await withPipe(worker) })
  await worker.eventsUntil(id, ({ type }) => type === 'tool.started')
  killExecutors(worker)
  await worker.eventsUntil(id, event => event.type === 'tool.started' && event.attempt === 2)
  await openPipe(worker)
  const events = await toEnd(worker, id)
  expect(of(events, 'run.resumed')).toMatchObject([{ data: { repeated: 1, unknown: 0 } }])
  expect(of(events, 'tool.finished').map(({ data }) => [data.tool, data.result])).toEqual([['read_file', 'hello\n'], ['shell', 'after\n\n[exit code 0]']])
  expect(worker.scripted.requests).toHaveLength(2)
})

it('a model that failed its check is told so by the next attempt', async () => {
  const worker = await openWorker({ turns: [
    { say: 'done' },
    { call: [{ tool: 'shell', input: { command: 'touch mended' } }] },
    { say: 'mended' },
  ] })
  const { id } = await worker.run(`${MODEL}\nretry: { attempts: 2, delay: 1ms }\nverify:\n  - run: test -e mended`)
  await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2, failures: 1 })
  expect(worker.scripted.requests[1]!.body.messages.at(-1)).toMatchObject({ role: 'user', content: expect.stringContaining('The check "test -e mended" failed') })
})

it('somebody else\'s agent starts anew in its workspace, and finds in its environment that it does', async () => {
  const worker = await openWorker()
  const agent = `runtime: command\nagent: { command: sh, args: [-c, 'echo "attempt $AGENTOS_ATTEMPT" | tee -a log; [ "$AGENTOS_ATTEMPT" -gt 1 ] || sleep 1000; cat log'] }`
  const id = await lose(worker, agent, says('attempt 1'))
  const events = await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2 })
  expect(of(events, 'effect.settled')).toMatchObject([{ data: { as: 'told', by: 'policy tell' } }])
  expect(output(events)).toBe('attempt 1\nattempt 2\nattempt 1\nattempt 2\n')
})

it('a workspace that is gone is not replaced by an empty one', async () => {
  const first = await openWorker({ isShared: true })
  const id = await lose(first, script(`run: '${WAITS}'`, 'effects: ask'), says('two'))
  await first.eventsUntil(id, ({ type }) => type === 'run.parked')
  await first.stop({ keep: true })
  await rm(first.workspacesPath, { recursive: true })
  const worker = await openWorker({ base: first.base, isShared: true })
  await worker.settle(id, 'repeat')
  await worker.ended(id)
  expect(await worker.view(id)).toMatchObject({ status: 'failed', reason: 'interrupted', detail: expect.stringContaining('workspace is gone') })
  await worker.stop()
})

async function withPipe({ root }: TestWorker): Promise<string> {
  const folder = join(root, 'piped')
  await mkdir(folder, { mode: 0o777 })
  execFileSync('sh', ['-c', `chmod 777 ${folder} && mkfifo -m 666 ${folder}/pipe`])
  return folder
}

async function openPipe({ root }: TestWorker): Promise<void> {
  await writeFile(join(root, 'piped', 'pipe'), 'hello\n')
}
