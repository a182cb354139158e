import type { TestWorker } from '../../test/worker/open-worker.ts'
import type { RunEvent } from '../domain/event.ts'
import { spawn } from 'node:child_process'
import { readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { checkDatabase } from '../../test/checker.ts'
import { checkPairs } from '../../test/worker/check-pairs.ts'
import { openWorker, temporaryBase } from '../../test/worker/open-worker.ts'
import { findMarked, listProcesses } from '../executor/sandbox/processes.ts'

const types = (events: RunEvent[]) => events.map(({ type }) => type)
const output = (events: RunEvent[]) => events.map(({ type, data }) => type === 'step.output' || type === 'tool.output' ? (data as { text: string }).text : '').join('')
const isRunning = ({ type }: RunEvent) => type === 'sandbox.opened'

// Most tests need none of their own.
let worker: TestWorker
beforeAll(async () => {
  worker = await openWorker({ isShared: true, executors: 2, slots: 8 })
})
afterAll(async () => {
  expect(await checkDatabase(worker.db)).toEqual([])
  await worker.stop()
})

/** Runs it to its end and holds its history against the rules. */
async function toEnd(runId: string, by = worker) {
  const events = await by.ended(runId)
  const run = await by.view(runId)
  expect(checkPairs(events)).toEqual([])
  return { events, run }
}

async function perform(...asked: Parameters<TestWorker['run']>) {
  return toEnd((await worker.run(...asked)).id)
}

it('runs a script from its workspace to its last event', async () => {
  const { events, run } = await perform('steps:\n  - run: cat README.md\n  - run: echo "task is $AGENTOS_TASK" > note; cat note', { task: 'look', workspace: join(worker.root, 'repo') })
  expect(types(events)).toContain('sandbox.opened')
  // Its sandbox opens while the first step is being written down: either may be first.
  expect(types(events).filter(type => type !== 'sandbox.opened')).toEqual([
    'run.submitted',
    'attempt.started',
    'workspace.prepared',
    'step.started',
    'step.output',
    'step.finished',
    'step.started',
    'step.output',
    'step.finished',
    'workspace.kept',
    'run.ended',
  ])
  expect(output(events)).toBe('hello from the repository\ntask is look\n')
  expect(run).toMatchObject({ status: 'succeeded', reason: 'completed', steps: 2, attempt: 1, isolation: worker.worker.sandbox().default })
  await expect.poll(() => worker.leftFolders()).not.toContain(run.id)
})

it('a failing step fails the run, and what comes after it does not run', async () => {
  const { events, run } = await perform('steps:\n  - run: exit 3\n  - run: echo never')
  expect(run).toMatchObject({ status: 'failed', reason: 'error', detail: expect.stringContaining('exit 3') })
  expect(output(events)).toBe('')
})

it('a run over its time ends as timeout', async () => {
  const { run } = await perform('steps:\n  - run: sleep 1000', { timeMs: 300 })
  expect(run).toMatchObject({ status: 'failed', reason: 'timeout' })
})

it('a command that the manifest denies is not run', async () => {
  const { run } = await perform('commands: { deny: [touch] }\nsteps:\n  - run: touch x')
  expect(run).toMatchObject({ status: 'failed', reason: 'not_permitted' })
})

it('a person stops a run that runs; stopping it twice changes nothing', async () => {
  const { id } = await worker.run('steps:\n  - run: "trap \'\' TERM; (setsid sleep 1000 &) ; echo ready; sleep 1000; sleep 1000"')
  await worker.eventsUntil(id, ({ type }) => type === 'step.output')
  await Promise.all([worker.stopRun(id), worker.stopRun(id)])
  const { events, run } = await toEnd(id)
  expect(run).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
  expect(types(events).filter(type => type === 'run.cancel_requested')).toHaveLength(1)
  await worker.stopRun(id)
  expect(await worker.ended(id)).toEqual(events)
})

it('a person stops a run that is queued, and it never starts', async () => {
  const { id } = await worker.run('steps:\n  - run: echo never', { delayMs: 3_600_000 })
  await worker.stopRun(id)
  const { events } = await toEnd(id)
  expect(types(events)).toEqual(['run.submitted', 'run.cancel_requested', 'run.ended'])
})

it('a killed executor is started again; the run that it had goes on from its log, and the next one goes well', async () => {
  const { id } = await worker.run('steps:\n  - run: sleep 1000')
  await worker.eventsUntil(id, isRunning)
  for (const { pid } of worker.hosts)
    process.kill(pid!, 'SIGKILL')
  const { run, events } = await toEnd(id)
  expect(run).toMatchObject({ status: 'failed', reason: 'interrupted', detail: expect.stringContaining('"sleep 1000"'), attempt: 2 })
  expect(events.find(({ type }) => type === 'attempt.lost')).toMatchObject({ data: { detail: expect.stringContaining('SIGKILL') } })
  expect((await perform('steps:\n  - run: echo again')).run).toMatchObject({ status: 'succeeded' })
})

it('a step that may be done again is, after its executor was killed, whatever the manifest says of retries', async () => {
  const { id } = await worker.run('steps:\n  - { run: sleep 1000, idempotent: true }', { timeMs: 60_000 })
  await worker.eventsUntil(id, isRunning)
  for (const { pid } of worker.hosts)
    process.kill(pid!, 'SIGKILL')
  await worker.eventsUntil(id, event => isRunning(event) && event.attempt === 2)
  await worker.stopRun(id)
  const { events, run } = await toEnd(id)
  expect(run).toMatchObject({ status: 'cancelled', attempt: 2 })
  expect(types(events)).toContain('run.retry_scheduled')
})

it('a failure that can pass is tried again, where it stood, until the attempts are used up', async () => {
  const { events, run } = await perform('retry: { attempts: 3, delay: 1ms, jitter: false }\nsteps:\n  - run: echo once\n  - run: ls; touch mark; exit 7')
  expect(run).toMatchObject({ status: 'failed', reason: 'error', attempt: 3 })
  expect(output(events)).toBe('once\nmark\nmark\n')
  expect(events.filter(({ type }) => type === 'run.retry_scheduled').map(({ data }) => (data as { delayMs: number }).delayMs)).toEqual([1, 2])
})

it('a model works with two tool calls, and its key is nowhere in the log', async () => {
  worker.scripted.play([
    { call: [{ tool: 'shell', input: { command: 'cat README.md; env' } }], say: 'let me look' },
    { call: [{ tool: 'shell', input: { command: 'echo done > done; cat done' } }] },
    { say: 'It says hello.' },
  ])
  const { events, run } = await perform('inputs: { reader: { type: string, default: a sailor } }\nmodel: openai/scripted\ninstructions: be brief for {{inputs.reader}}', { task: 'what does it say?', inputs: { reader: 'a sailor' }, workspace: join(worker.root, 'repo') })
  expect(run).toMatchObject({ status: 'succeeded', steps: 3, tokens: 54, costUsd: expect.closeTo(3 * (8 * 1 + 3 * 0.5 + 7 * 10) / 1e6, 12) })
  expect(output(events)).toContain('hello from the repository')
  expect(JSON.stringify(worker.scripted.requests[0]!.body.messages)).toContain('be brief for a sailor')
  const results = worker.scripted.requests.at(-1)!.body.messages.filter(({ role }) => role === 'tool')
  expect(results.map(({ content }) => content)).toEqual([expect.stringContaining('hello from the repository'), expect.stringContaining('done')])
  expect(events.findLast(({ type }) => type === 'model.responded')).toMatchObject({ data: { text: 'It says hello.' } })
  expect(JSON.stringify(events)).not.toContain('sk-canary')
})

it('a model whose price nobody knows is not run, unless the manifest says that it may be', async () => {
  const refused = await perform('model: [openai/scripted, github/some-model]')
  expect(refused.run).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringMatching(/price of github\/some-model is not known.*cost: unmetered/) })
  worker.scripted.play([{ say: 'free of charge' }])
  const { run } = await perform('model: [openai/scripted, github/some-model]\ncost: unmetered')
  expect(run).toMatchObject({ status: 'succeeded', costUsd: 0.0000795 })
})

it('a model that refuses its key fails the run with what to do, and is not asked again', async () => {
  worker.scripted.play([{ status: 401 }])
  const { run } = await perform('model: openai/scripted\nretry: { attempts: 3, delay: 1ms }')
  expect(run).toMatchObject({ status: 'failed', reason: 'error', attempt: 1, detail: expect.stringContaining('OPENAI_API_KEY') })
})

it('a run that waits for its model is stopped at once, and the call is in the log with how it ended', async () => {
  worker.scripted.play([{ silence: true }])
  const { id } = await worker.run('model: openai/scripted')
  await worker.eventsUntil(id, ({ type }) => type === 'model.requested')
  await worker.stopRun(id)
  const { events, run } = await toEnd(id)
  expect(run).toMatchObject({ status: 'cancelled' })
  expect(events.find(({ type }) => type === 'model.responded')).toMatchObject({ data: { finish: 'error', error: expect.stringContaining('stopped') } })
})

it('a model that never answers does not hold a run beyond its time', async () => {
  worker.scripted.play([{ silence: true }])
  const { run } = await perform('model: openai/scripted', { timeMs: 300 })
  expect(run).toMatchObject({ status: 'failed', reason: 'timeout' })
})

it('a folder outside the roots is refused, also when a link leads there', async () => {
  await symlink('/etc', join(worker.root, 'escape'))
  for (const workspace of ['/etc', join(worker.root, 'escape')]) {
    const { run } = await perform('steps:\n  - run: ls', { workspace })
    expect(run).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringContaining('AGENTOS_WORKSPACE_ROOTS') })
  }
})

it('a folder that is mounted read-only is read where it lies, and not written', async () => {
  const { events } = await perform('workspace: { mode: mount-read-only }\nsteps:\n  - run: cat README.md; touch mark || echo refused', { workspace: join(worker.root, 'repo') })
  expect(events.find(({ type }) => type === 'workspace.prepared')).toMatchObject({ data: { how: 'mounted', mode: 'read-only' } })
  expect(output(events)).toContain('refused')
  expect(await readdir(join(worker.root, 'repo'))).toEqual(['README.md'])
})

it('nothing is written for a run that somebody else has by now, and its processes are ended', async () => {
  const { id } = await worker.run('steps:\n  - run: while sleep 0.05; do echo x; done')
  await worker.eventsUntil(id, ({ type }) => type === 'step.output')
  await worker.db.batch([{ sql: 'UPDATE runs SET "fence" = "fence" + 1 WHERE "id" = $1', params: [id] }])
  const { lastSeq } = await worker.view(id)
  await expect.poll(() => findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
  expect(await worker.view(id)).toMatchObject({ status: 'running', lastSeq })
  expect(await worker.leftFolders(), 'whoever has it may need it').toContain(id)
  await worker.db.batch(['events', 'runs'].map(table => ({ sql: `DELETE FROM ${table} WHERE "${table === 'runs' ? 'id' : 'runId'}" = $1`, params: [id] })))
  worker.notifier.runsRemoved([id])
  await expect.poll(() => worker.leftFolders()).not.toContain(id)
})

it('a level that this machine has not proved is refused, and nothing less is given', async () => {
  const { run } = await perform('steps:\n  - run: id', { isolation: 'container' })
  expect(run).toMatchObject({ status: 'failed', reason: 'refused' })
})

it.each(['sandbox', 'process'] as const)('at level %s an agent finds neither another process\'s environment nor the server\'s files', async (isolation) => {
  const isProven = worker.worker.sandbox().levels.some(({ level, proven }) => level === isolation && proven)
  // Without another uid to switch to, level process is one with the server's user.
  if (!isProven || (isolation === 'process' && process.getuid?.() !== 0))
    return
  const keeper = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, CANARY: 'canary-of-an-environment' } })
  onTestFinished(() => void keeper.kill())
  await writeFile(join(worker.base, 'data', 'credential'), 'canary-of-the-data-folder', { mode: 0o600 })
  const look = `env; cat /proc/*/environ 2>/dev/null; cat ${worker.base}/data/credential ${worker.base}/data/agentos.db 2>/dev/null; ls ${worker.base}/data; true`
  const { events, run } = await perform(`steps:\n  - run: ${JSON.stringify(look)}`, { isolation })
  expect(run).toMatchObject({ status: 'succeeded', isolation })
  expect(output(events)).toContain('HOME=')
  expect(output(events)).not.toMatch(/canary|SQLite format/)
})

it('a worker that is stopped lets short runs end, and hands long ones to the next', async () => {
  const base = await temporaryBase()
  const first = await openWorker({ base, drainMs: 0 })
  const { id } = await first.run('steps:\n  - run: sleep 1000')
  await first.eventsUntil(id, isRunning)
  await first.stop()
  const second = await openWorker({ base })
  const { run, events } = await toEnd(id, second)
  expect(run).toMatchObject({ status: 'failed', reason: 'interrupted', attempt: 2 })
  expect(events.find(({ type }) => type === 'attempt.lost')).toMatchObject({ data: { detail: 'The server was stopped.' } })
  expect(await checkDatabase(second.db)).toEqual([])
})

it('many runs over two executors all end, each with its own output', async () => {
  const runs = await Promise.all(Array.from({ length: 24 }, (_, index) => worker.run('steps:\n  - run: echo "I am $AGENTOS_TASK"', { task: `run ${index}` })))
  const ends = await Promise.all(runs.map(({ id }) => toEnd(id)))
  expect(ends.map(({ events }) => output(events))).toEqual(runs.map((_, index) => `I am run ${index}\n`))
  await expect.poll(() => worker.leftFolders()).toEqual([])
})
