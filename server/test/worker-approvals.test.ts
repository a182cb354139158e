import type { RunEvent } from '../src/domain/event.ts'
import type { OpenWorkerOptions, TestWorker } from './worker/open-worker.ts'
import { expect, it } from 'vitest'
import { expireApproval } from '../src/approvals/decide.ts'
import { findMarked, listProcesses } from '../src/executor/sandbox/processes.ts'
import { listRules, removeRule } from '../src/store/approval-rules.ts'
import { listApprovals } from '../src/store/approvals.ts'
import { checkDatabase } from './checker.ts'
import { checkPairs } from './worker/check-pairs.ts'
import { openWorker } from './worker/open-worker.ts'

const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type) as Extract<RunEvent, { type: T }>[]
const output = (events: RunEvent[]) => events.map(({ type, data }) => type === 'step.output' || type === 'tool.output' ? (data as { text: string }).text : '').join('')

const MODEL = 'model: openai/scripted\ninstructions: be brief\napprovals: { shell: ask }'
const shell = (...commands: string[]) => ({ call: commands.map(command => ({ tool: 'shell', input: { command } })) })
const lastWord: NonNullable<OpenWorkerOptions['turns']>[number] = ({ body }) => ({ say: `I was told: ${JSON.stringify(body.messages.at(-1)?.content)}` })

async function toEnd(worker: TestWorker, id: string): Promise<RunEvent[]> {
  const events = await worker.ended(id)
  expect([...checkPairs(events), ...await checkDatabase(worker.db)]).toEqual([])
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
  await expect.poll(() => worker.leftFolders()).toEqual([])
  return events
}

/** Until it waits for the so many-th time: then nothing of it runs. */
async function waits(worker: TestWorker, id: string, times = 1): Promise<RunEvent[]> {
  const seen = new Set<number>()
  const events = await worker.eventsUntil(id, ({ type, seq }) => type === 'run.parked' && seen.add(seq).size >= times)
  expect(await worker.view(id), JSON.stringify(events.at(-1))).toMatchObject({ status: 'waiting', waitingFor: { kind: 'approval' } })
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
  return events
}

const openOf = async (worker: TestWorker, id: string) => (await listApprovals(worker.db, worker.actor.organisationId, { state: 'pending', runId: id, limit: 10 })).approvals

it('a command of a model waits with no process, is done once when somebody says so, and is asked for again the next time', async () => {
  const worker = await openWorker({ turns: [shell('echo free'), shell('echo one >>log; cat log'), shell('echo one >>log; cat log'), lastWord] })
  const { id } = await worker.run(MODEL.replace('shell: ask', 'shell: auto').concat('\ncommands: { ask: ["cat log"] }'))
  const before = await waits(worker, id)
  expect(output(before)).toBe('free\n')
  const [question] = await openOf(worker, id)
  expect(question).toMatchObject({ kind: 'shell', tool: 'shell', action: 'echo one >>log; cat log', rule: 'cat log', isHeld: false, state: 'pending', requestedBy: 'owner' })
  expect(of(before, 'approval.requested')).toMatchObject([{ data: { approval: question!.id, action: question!.action, digest: question!.digest, isHeld: false } }])

  await worker.decide(id, 'once', { note: 'go' })
  const between = await waits(worker, id, 2)
  expect(output(between)).toBe('free\none\n')
  expect(of(between, 'approval.decided')).toMatchObject([{ data: { approval: question!.id, as: 'once', by: 'owner', note: 'go' } }])
  const [again] = await openOf(worker, id)
  expect(again).toMatchObject({ digest: question!.digest })
  expect(again!.id).not.toBe(question!.id)
  await worker.decide(id, 'once')
  const events = await toEnd(worker, id)
  expect(output(events)).toBe('free\none\none\none\n')
  expect(worker.scripted.requests).toHaveLength(4)
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 3, failures: 0, waitingFor: null })
  const { approvals } = await listApprovals(worker.db, worker.actor.organisationId, { state: 'decided', limit: 10 })
  expect(approvals).toMatchObject([{ state: 'once', decidedBy: 'owner', usedAt: expect.any(String) }, { state: 'once', note: 'go', usedAt: expect.any(String) }])
})

it('a step of a script that a rule wants asked about is done when somebody says so, and those before it are not done again', async () => {
  const worker = await openWorker()
  const { id } = await worker.run('commands: { ask: ["touch **"] }\nsteps:\n  - run: echo first >>log\n  - run: touch made\n  - run: cat log; ls made')
  await waits(worker, id)
  await worker.decide(id, 'once')
  expect(output(await toEnd(worker, id))).toBe('first\nmade\n')
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded', attempt: 2, steps: 3 })
})

it('a no ends a script as not permitted; a model is told who said it, and why', async () => {
  const worker = await openWorker({ turns: [shell('echo never'), lastWord] })
  const script = await worker.run('commands: { ask: ["touch **"] }\nsteps:\n  - run: touch made')
  await waits(worker, script.id)
  await worker.decide(script.id, 'deny', { note: 'not today' })
  await worker.ended(script.id)
  expect(await worker.view(script.id)).toMatchObject({ status: 'failed', reason: 'not_permitted', detail: expect.stringContaining('owner said no: not today') })

  const { id } = await worker.run(MODEL)
  await waits(worker, id)
  await worker.decide(id, 'deny', { note: 'use git' })
  const events = await toEnd(worker, id)
  expect(of(events, 'tool.finished')).toMatchObject([{ data: { status: 'denied', result: expect.stringContaining('owner said no: use git (rule approvals.shell)') } }])
  expect(of(events, 'tool.started')).toEqual([])
  expect(await worker.view(id)).toMatchObject({ status: 'succeeded' })
})

it('always is for exactly this action of this agent, until it is taken back', async () => {
  const worker = await openWorker({ turns: [shell('echo same'), shell('echo same'), shell('echo  same'), { say: 'done' }] })
  const { id } = await worker.run(MODEL)
  await waits(worker, id)
  await worker.decide(id, 'always')
  await waits(worker, id, 2) // one space more is another command
  expect((await openOf(worker, id))[0]).toMatchObject({ action: 'echo  same' })
  await worker.decide(id, 'once')
  expect(output(await toEnd(worker, id))).toBe('same\nsame\nsame\n')

  worker.scripted.play([shell('echo same'), { say: 'done' }])
  const free = await worker.run(MODEL)
  expect(of(await toEnd(worker, free.id), 'approval.requested')).toEqual([])
  const [rule] = await listRules(worker.db, worker.actor.organisationId)
  expect(rule).toMatchObject({ agentName: 'test', action: 'echo same', createdBy: 'owner' })
  expect(await removeRule(worker.db, worker.actor.organisationId, rule!.id)).toBe(true)

  worker.scripted.play([shell('echo same'), { say: 'done' }])
  const asked = await worker.run(MODEL)
  await waits(worker, asked.id)
  await worker.stopRun(asked.id)
  await toEnd(worker, asked.id)
})

it('what has another digest than what was seen is not approved, and nobody decides twice', async () => {
  const worker = await openWorker({ turns: [shell('echo one'), { say: 'done' }] })
  const { id } = await worker.run(MODEL)
  await waits(worker, id)
  await expect(worker.decide(id, 'once', { digest: '0'.repeat(64) })).rejects.toThrow('is for another action than the one that was seen')
  const words = await Promise.allSettled([worker.decide(id, 'once'), worker.decide(id, 'deny'), worker.decide(id, 'always')])
  expect(words.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(String((words.find(({ status }) => status === 'rejected') as PromiseRejectedResult).reason)).toContain('has been decided already')
  expect(of(await toEnd(worker, id), 'approval.decided')).toHaveLength(1)
})

it('a file tool asks with all that it writes: other content is another action', async () => {
  const write = (content: string) => ({ call: [{ tool: 'write_file', input: { path: 'deploy.sh', content } }] })
  const worker = await openWorker({ turns: [write('echo good'), write('echo evil'), shell('cat deploy.sh'), { say: 'done' }] })
  const { id } = await worker.run('model: openai/scripted\ninstructions: be brief\napprovals: { files: ask }')
  await waits(worker, id)
  expect((await openOf(worker, id))[0]).toMatchObject({ kind: 'files', tool: 'write_file', title: 'write_file deploy.sh', action: expect.stringContaining('echo good') })
  await worker.decide(id, 'always')
  await waits(worker, id, 2)
  expect((await openOf(worker, id))[0]).toMatchObject({ action: expect.stringContaining('echo evil') })
  await worker.decide(id, 'deny')
  expect(output(await toEnd(worker, id))).toBe('echo good')
})

it('of several calls of a turn those before the one that asks are done once, those after it when it is decided', async () => {
  const worker = await openWorker({ turns: [shell('echo a | tee -a log', 'cat log', 'echo c'), { say: 'done' }] })
  const { id } = await worker.run('model: openai/scripted\ninstructions: be brief\ncommands: { ask: ["cat **"] }')
  await waits(worker, id)
  await worker.decide(id, 'once')
  expect(output(await toEnd(worker, id))).toBe('a\na\nc\n')
})

it('a run that waits for leave is stopped at once, and the question is withdrawn', async () => {
  const worker = await openWorker({ turns: [shell('echo never')] })
  const { id } = await worker.run(MODEL)
  await waits(worker, id)
  const [question] = await openOf(worker, id)
  await worker.stopRun(id)
  await toEnd(worker, id)
  expect(await worker.view(id)).toMatchObject({ status: 'cancelled', waitingFor: null })
  expect((await listApprovals(worker.db, worker.actor.organisationId, { state: 'decided', limit: 10 })).approvals).toMatchObject([{ id: question!.id, state: 'withdrawn' }])
})

it('what nobody answers in time ends the run as approval_expired, once, whoever looks', async () => {
  const worker = await openWorker({ turns: [shell('echo never')] })
  const { id } = await worker.run(MODEL)
  await waits(worker, id)
  const [question] = await openOf(worker, id)
  const looked = await Promise.all(Array.from({ length: 4 }, () => expireApproval(worker, { id: question!.id, runId: id })))
  expect(looked.filter(Boolean)).toHaveLength(1)
  const events = await toEnd(worker, id)
  expect(of(events, 'approval.decided')).toMatchObject([{ data: { as: 'expired' } }])
  expect(await worker.view(id)).toMatchObject({ status: 'failed', reason: 'approval_expired', detail: 'Nobody answered in time: echo never' })
})

it('a manifest that forbids the shell is not asked about', async () => {
  const worker = await openWorker({ turns: [shell('echo never'), lastWord] })
  const { id } = await worker.run(MODEL.replace('ask', 'deny'))
  const events = await toEnd(worker, id)
  expect(of(events, 'approval.requested')).toEqual([])
  expect(of(events, 'tool.finished')).toMatchObject([{ data: { status: 'denied', result: expect.stringContaining('approvals.shell: deny of the manifest forbids it') } }])
})

it('with a way out, or outside of a sandbox, a model\'s shell asks by itself', async () => {
  const worker = await openWorker({ turns: [shell('echo hello'), { say: 'done' }] })
  const { id } = await worker.run('model: openai/scripted\ninstructions: be brief\nisolation: process')
  await waits(worker, id)
  expect((await openOf(worker, id))[0]).toMatchObject({ rule: 'approvals.shell' })
  await worker.decide(id, 'once')
  expect(output(await toEnd(worker, id))).toBe('hello\n')
})
