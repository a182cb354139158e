import type { TestWorker } from '../../test/worker/open-worker.ts'
import type { RunEvent } from '../domain/event.ts'
import { spawn } from 'node:child_process'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it, onTestFinished } from 'vitest'
import { checkHistory } from '../../test/worker/check-history.ts'
import { openWorker, temporaryBase } from '../../test/worker/open-worker.ts'

const types = (events: RunEvent[]) => events.map(({ type }) => type)
const output = (events: RunEvent[]) => events.map(({ type, data }) => type === 'step.output' || type === 'tool.output' ? (data as { text: string }).text : '').join('')
const isRunning = ({ type }: RunEvent) => type === 'sandbox.opened'

/** Runs it to its end and holds its history against the rules. */
async function toEnd(worker: TestWorker, runId: string) {
  const events = await worker.ended(runId)
  const run = await worker.view(runId)
  expect(checkHistory(events, run)).toEqual([])
  return { events, run }
}

async function perform(worker: TestWorker, ...asked: Parameters<TestWorker['run']>) {
  return toEnd(worker, (await worker.run(...asked)).id)
}

it('runs a script from its workspace to its last event', async () => {
  const worker = await openWorker()
  const { events, run } = await perform(worker, 'steps:\n  - run: cat README.md\n  - run: echo "task is $AGENTOS_TASK" > note; cat note', { task: 'look', workspace: join(worker.root, 'repo') })
  expect(types(events)).toEqual([
    'run.submitted',
    'attempt.started',
    'workspace.prepared',
    'step.started',
    'sandbox.opened',
    'step.output',
    'step.finished',
    'step.started',
    'step.output',
    'step.finished',
    'run.ended',
  ])
  expect(output(events)).toBe('hello from the repository\ntask is look\n')
  expect(run).toMatchObject({ status: 'succeeded', reason: 'completed', steps: 2, attempt: 1, isolation: worker.worker.sandbox().default })
  expect(await worker.leftFolders()).toEqual([])
})

it('a failing step fails the run, and what comes after it does not run', async () => {
  const worker = await openWorker()
  const { events, run } = await perform(worker, 'steps:\n  - run: exit 3\n  - run: echo never')
  expect(run).toMatchObject({ status: 'failed', reason: 'error', detail: expect.stringContaining('exit 3') })
  expect(output(events)).toBe('')
})

it('a run over its time ends as timeout', async () => {
  const worker = await openWorker()
  const { run } = await perform(worker, 'steps:\n  - run: sleep 1000', { timeMs: 300 })
  expect(run).toMatchObject({ status: 'failed', reason: 'timeout' })
})

it('a command that the manifest denies is not run', async () => {
  const worker = await openWorker()
  const { run } = await perform(worker, 'commands: { deny: [touch] }\nsteps:\n  - run: touch x')
  expect(run).toMatchObject({ status: 'failed', reason: 'not_permitted' })
})

it('a person stops a run that runs; stopping it twice changes nothing', async () => {
  const worker = await openWorker()
  const { id } = await worker.run('steps:\n  - run: "trap \'\' TERM; (setsid sleep 1000 &) ; echo ready; sleep 1000; sleep 1000"')
  await worker.eventsUntil(id, ({ type }) => type === 'step.output')
  await Promise.all([worker.stopRun(id), worker.stopRun(id)])
  const { events, run } = await toEnd(worker, id)
  expect(run).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
  expect(types(events).filter(type => type === 'run.cancel_requested')).toHaveLength(1)
  await worker.stopRun(id)
  expect(await worker.ended(id)).toEqual(events)
})

it('a person stops a run that is queued, and it never starts', async () => {
  const worker = await openWorker()
  const { id } = await worker.run('steps:\n  - run: echo never', { delayMs: 3_600_000 })
  await worker.stopRun(id)
  const { events } = await toEnd(worker, id)
  expect(types(events)).toEqual(['run.submitted', 'run.cancel_requested', 'run.ended'])
})

it('a killed executor is started again; the run that it had is interrupted, and the next one goes well', async () => {
  const worker = await openWorker()
  const { id } = await worker.run('steps:\n  - run: sleep 1000')
  await worker.eventsUntil(id, isRunning)
  process.kill(worker.hosts[0]!.pid!, 'SIGKILL')
  const { run } = await toEnd(worker, id)
  expect(run).toMatchObject({ status: 'failed', reason: 'interrupted', detail: expect.stringContaining('SIGKILL') })
  expect((await perform(worker, 'steps:\n  - run: echo again')).run).toMatchObject({ status: 'succeeded' })
})

it('a killed executor\'s run is tried again when its manifest says so', async () => {
  const worker = await openWorker()
  const { id } = await worker.run('retry: { attempts: 2, delay: 1ms }\nsteps:\n  - run: sleep 1000', { timeMs: 60_000 })
  await worker.eventsUntil(id, isRunning)
  process.kill(worker.hosts[0]!.pid!, 'SIGKILL')
  await worker.eventsUntil(id, event => isRunning(event) && event.attempt === 2)
  await worker.stopRun(id)
  const { events, run } = await toEnd(worker, id)
  expect(run).toMatchObject({ status: 'cancelled', attempt: 2 })
  expect(types(events)).toContain('run.retry_scheduled')
})

it('a failure that can pass is tried again, in a new workspace, until the attempts are used up', async () => {
  const worker = await openWorker()
  const { events, run } = await perform(worker, 'retry: { attempts: 3, delay: 1ms, jitter: false }\nsteps:\n  - run: ls; touch mark; exit 7')
  expect(run).toMatchObject({ status: 'failed', reason: 'error', attempt: 3 })
  expect(output(events)).not.toContain('mark')
  expect(events.filter(({ type }) => type === 'run.retry_scheduled').map(({ data }) => (data as { delayMs: number }).delayMs)).toEqual([1, 2])
})

it('a model works with two tool calls, and its key is nowhere in the log', async () => {
  const worker = await openWorker({ turns: [
    { call: [{ tool: 'shell', input: { command: 'cat README.md; env' } }], say: 'let me look' },
    { call: [{ tool: 'shell', input: { command: 'echo done > done; cat done' } }] },
    { say: 'It says hello.' },
  ] })
  const { events, run } = await perform(worker, 'model: openai/scripted\ninstructions: be brief', { task: 'what does it say?', workspace: join(worker.root, 'repo') })
  expect(run).toMatchObject({ status: 'succeeded', steps: 3, tokens: 54 })
  expect(output(events)).toContain('hello from the repository')
  const results = worker.scripted.requests.at(-1)!.body.messages.filter(({ role }) => role === 'tool')
  expect(results.map(({ content }) => content)).toEqual([expect.stringContaining('hello from the repository'), expect.stringContaining('done')])
  expect(events.findLast(({ type }) => type === 'model.responded')).toMatchObject({ data: { text: 'It says hello.' } })
  expect(JSON.stringify(events)).not.toContain('sk-canary')
})

it('a model that refuses its key fails the run with what to do, and is not asked again', async () => {
  const worker = await openWorker({ turns: [{ status: 401 }] })
  const { run } = await perform(worker, 'model: openai/scripted\nretry: { attempts: 3, delay: 1ms }')
  expect(run).toMatchObject({ status: 'failed', reason: 'error', attempt: 1, detail: expect.stringContaining('OPENAI_API_KEY') })
})

it('a folder outside the roots is refused, also when a link leads there', async () => {
  const worker = await openWorker()
  await symlink('/etc', join(worker.root, 'escape'))
  for (const workspace of ['/etc', join(worker.root, 'escape')]) {
    const { run } = await perform(worker, 'steps:\n  - run: ls', { workspace })
    expect(run).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringContaining('AGENTOS_WORKSPACE_ROOTS') })
  }
})

it('a level that this machine has not proved is refused, and nothing less is given', async () => {
  const worker = await openWorker()
  const { run } = await perform(worker, 'steps:\n  - run: id', { isolation: 'container' })
  expect(run).toMatchObject({ status: 'failed', reason: 'refused' })
})

it.each(['sandbox', 'process'] as const)('at level %s an agent finds neither another process\'s environment nor the server\'s files', async (isolation) => {
  const worker = await openWorker()
  const isProven = worker.worker.sandbox().levels.some(({ level, proven }) => level === isolation && proven)
  // Without another uid to switch to, level process is one with the server's user.
  if (!isProven || (isolation === 'process' && process.getuid?.() !== 0))
    return
  const keeper = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, CANARY: 'canary-of-an-environment' } })
  onTestFinished(() => void keeper.kill())
  await writeFile(join(worker.base, 'data', 'credential'), 'canary-of-the-data-folder', { mode: 0o600 })
  const look = `env; cat /proc/*/environ 2>/dev/null; cat ${worker.base}/data/credential ${worker.base}/data/agentos.db 2>/dev/null; ls ${worker.base}/data; true`
  const { events, run } = await perform(worker, `steps:\n  - run: ${JSON.stringify(look)}`, { isolation })
  expect(run).toMatchObject({ status: 'succeeded', isolation })
  expect(output(events)).toContain('HOME=')
  expect(output(events)).not.toMatch(/canary|SQLite format/)
})

it('a worker that is stopped lets short runs end and interrupts long ones', async () => {
  const base = await temporaryBase()
  const first = await openWorker({ base, drainMs: 0 })
  const { id } = await first.run('steps:\n  - run: sleep 1000')
  await first.eventsUntil(id, isRunning)
  await first.stop()
  const second = await openWorker({ base })
  const { run } = await toEnd(second, id)
  expect(run).toMatchObject({ status: 'failed', reason: 'interrupted', detail: expect.stringContaining('stopped') })
})

it('many runs over two executors all end, each with its own output', async () => {
  const worker = await openWorker({ executors: 2, slots: 8 })
  const runs = await Promise.all(Array.from({ length: 24 }, (_, index) => worker.run('steps:\n  - run: echo "I am $AGENTOS_TASK"', { task: `run ${index}` })))
  const ends = await Promise.all(runs.map(({ id }) => toEnd(worker, id)))
  expect(ends.map(({ events }) => output(events))).toEqual(runs.map((_, index) => `I am run ${index}\n`))
  expect(await worker.leftFolders()).toEqual([])
})
