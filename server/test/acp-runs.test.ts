import type { RunEvent } from '../src/domain/event.ts'
import type { TestWorker } from './worker/open-worker.ts'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findMarked, listProcesses } from '../src/executor/sandbox/processes.ts'
import { installAgent } from './acp/install-agent.ts'
import { checkDatabase } from './checker.ts'
import { checkPairs } from './worker/check-pairs.ts'
import { openWorker } from './worker/open-worker.ts'

/** Somebody else's agent over the Agent Client Protocol, in real sandboxes: a real program on the SDK's agent side. */

let programsDir = ''
let worker: TestWorker
beforeAll(async () => {
  programsDir = await mkdtemp(join(tmpdir(), 'agentos-programs-'))
  await chmod(programsDir, 0o755)
  await installAgent(programsDir)
  worker = await openWorker({ programsDir, isShared: true })
})
afterAll(async () => {
  await worker.stop()
  await rm(programsDir, { recursive: true, force: true })
})

const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) => events.filter(event => event.type === type) as Extract<RunEvent, { type: T }>[]
const words = (events: RunEvent[]) => of(events, 'agent.message').filter(({ data }) => data.kind === 'text').map(({ data }) => data.text).join('')
const says = (text: string) => (event: RunEvent) => event.type === 'agent.message' && event.data.text.includes(text)

const manifest = (more = '', args = '') => `runtime: acp\nprograms: [node, scripted-agent]\nagent: { command: scripted-agent, args: [${args}] }\nlimits: { processes: 128 }\n${more}`

async function perform(acts: object[], source = manifest()): Promise<RunEvent[]> {
  const { id } = await worker.run(source, { task: JSON.stringify(acts) })
  return toEnd(id)
}

async function toEnd(id: string): Promise<RunEvent[]> {
  const events = await worker.ended(id)
  expect([...checkPairs(events), ...await checkDatabase(worker.db)]).toEqual([])
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses())).toEqual([])
  return events
}

const endOf = (events: RunEvent[]) => of(events, 'run.ended')[0]?.data

it('what an agent says, plans, thinks, calls and changes becomes events of its step, and its checks decide', async () => {
  const events = await perform([
    { think: 'let me ' },
    { think: 'see' },
    { say: 'I begin. ' },
    { say: 'Now.' },
    { plan: [['look', 'completed'], ['write', 'in_progress'], ['check', 'pending']] },
    { shell: 'echo from the shell; pwd' },
    { edit: ['note.txt', null, 'one\ntwo\n'] },
    { mode: 'bold' },
  ], manifest('verify: [{ run: grep two note.txt }]'))
  expect(endOf(events)).toMatchObject({ status: 'succeeded', reason: 'completed', survivors: 0 })
  expect(of(events, 'agent.message').map(({ data }) => [data.kind, data.text])).toEqual([['thought', 'let me see'], ['text', 'I begin. Now.']])
  expect(of(events, 'agent.plan').map(({ data }) => data.entries)).toEqual([[
    { content: 'look', status: 'completed' },
    { content: 'write', status: 'in_progress' },
    { content: 'check', status: 'pending' },
  ]])
  expect(of(events, 'tool.started').map(({ data }) => data.command)).toEqual(['echo from the shell; pwd', 'Edit note.txt'])
  expect(of(events, 'tool.finished').map(({ data }) => [data.tool, data.status, data.result])).toEqual([['execute', 'succeeded', 'from the shell\n/workspace\n'], ['edit', 'succeeded', '']])
  expect(of(events, 'agent.diff').map(({ data }) => data)).toEqual([{ step: 1, call: 'edit note.txt', path: 'note.txt', old: null, new: 'one\ntwo\n' }])
  expect(of(events, 'agent.session').map(({ data }) => [data.agent, data.canLoad, data.mode])).toEqual([['Scripted agent 1.2.3', true, 'careful'], ['Scripted agent 1.2.3', true, 'bold']])
  expect(of(events, 'step.finished').map(({ data }) => data.status)).toEqual(['succeeded', 'succeeded'])
  expect(of(events, 'step.output').map(({ data }) => data.text).join('')).toBe('two\n')
})

it('an agent that says it is done has not succeeded when its check fails', async () => {
  const events = await perform([{ say: 'All is done.' }], manifest('verify: [{ run: test -e note.txt }]'))
  expect(endOf(events)).toMatchObject({ status: 'failed', reason: 'error', detail: expect.stringContaining('Not verified') })
})

it('what it asks for is allowed once where the manifest says so, and else refused with the reason, and it goes on', async () => {
  const allowed = await perform([{ shell: 'echo ran', ask: true }, { say: 'after' }], manifest('approvals: { agent: auto }'))
  expect(words(allowed)).toBe('chosen: yes\nafter')
  expect(of(allowed, 'tool.finished').map(({ data }) => [data.status, data.result])).toEqual([['succeeded', 'ran\n']])
  const denied = await perform([{ shell: 'echo ran', ask: true }, { say: 'after' }], manifest('approvals: { agent: deny }'))
  expect(words(denied)).toBe('chosen: no\nafter')
  expect(of(denied, 'tool.finished').map(({ data }) => [data.status, data.result])).toEqual([['denied', 'Denied: approvals.agent: deny of the manifest forbids it (rule approvals.agent).']])
  expect(endOf(denied)).toMatchObject({ status: 'succeeded' })
})

it('a command that it asks for is held against the rules of commands, and a person who is asked answers it where it stands', async () => {
  const ruled = await perform([{ shell: 'echo ran', ask: true }, { say: 'after' }], manifest('approvals: { agent: auto }\ncommands: { deny: ["echo ran"] }'))
  expect(words(ruled)).toBe('chosen: no\nafter')
  expect(of(ruled, 'tool.finished')).toMatchObject([{ data: { status: 'denied', result: expect.stringContaining('(rule echo ran)') } }])

  const { id } = await worker.run(manifest(), { task: JSON.stringify([{ shell: 'echo ran', ask: true }, { say: 'after' }]) })
  const asked = await worker.eventsUntil(id, ({ type }) => type === 'approval.requested')
  expect(of(asked, 'approval.requested')).toMatchObject([{ data: { isHeld: true, rule: 'approvals.agent', action: JSON.stringify({ command: 'echo ran' }) } }])
  expect(findMarked(`AGENTOS_RUN=${id}`, listProcesses())).not.toEqual([])
  await worker.decide(id, 'once')
  const events = await toEnd(id)
  expect(words(events)).toBe('chosen: yes\nafter')
  expect(of(events, 'run.parked')).toEqual([])
})

it('a stop is told to the agent, which ends its turn; one that does not listen is killed, and nothing of it survives', async () => {
  const polite = await worker.run(manifest(), { task: JSON.stringify([{ say: 'waiting' }, { waitFor: 'cancel' }]) })
  const deaf = await worker.run(manifest(), { task: JSON.stringify([{ ignoreTerm: true }, { shell: 'setsid sleep 1000 >/dev/null 2>&1 &' }, { say: 'waiting' }, { waitFor: 'ever' }]) })
  for (const { id } of [polite, deaf]) {
    await worker.eventsUntil(id, says('waiting'))
    await worker.stopRun(id)
    expect(endOf(await toEnd(id))).toMatchObject({ status: 'cancelled', survivors: 0 })
  }
})

it('its time is up: it is told to stop, and the run ends by its limit', async () => {
  const { id } = await worker.run(manifest(), { task: JSON.stringify([{ waitFor: 'ever' }]), timeMs: 2500 })
  expect(endOf(await toEnd(id))).toMatchObject({ status: 'failed', reason: 'timeout' })
})

it.each([
  ['crashes in the middle', [{ say: 'half' }, { exit: 3 }], '', 'error', 'exited with 3'],
  ['leaves in the middle', [{ exit: 0 }], '', 'error', 'ended before its turn was over'],
  ['refuses', [{ end: 'refusal' }], '', 'error', 'refused to go on'],
  ['is cut at its length', [{ end: 'max_tokens' }], '', 'error', 'the length limit of an answer'],
  ['counts its own requests', [{ end: 'max_turn_requests' }], '', 'error', 'its own limit of requests'],
  ['says that it was cancelled', [{ end: 'cancelled' }], '', 'error', 'says that its turn was cancelled'],
  ['is not logged in', [], '--needs-login', 'error', 'its ways to log in: An API key'],
  ['writes what begins as JSON', [{ raw: '{"jsonrpc": nonsense\n' }, { waitFor: 'ever' }], '', 'error', 'broke the protocol (ACP): it wrote a line that begins as JSON and is none'],
  ['writes objects that are no messages', [{ raw: '{"hello":1}\n' }, { waitFor: 'ever' }], '', 'error', 'an object that is no JSON-RPC 2.0 message'],
  ['writes a line without an end', [{ raw: '{"a":"{long}', times: 5_000_000 }, { waitFor: 'ever' }], '', 'error', 'a line of more than'],
  ['writes for people and not for us', [{ raw: 'hello\n'.repeat(600) }, { waitFor: 'ever' }], '', 'error', 'more than 500 lines that are no messages'],
] as const)('an agent that %s', async (_, acts, args, reason, detail) => {
  const events = await perform([...acts], manifest('', args))
  expect(endOf(events)).toMatchObject({ status: 'failed', reason, detail: expect.stringContaining(detail), survivors: 0 })
})

it('a program that is none ends the run by its exit code, and one that says nothing of ACP as one that did not begin', async () => {
  const none = await perform([{}], manifest().replace('command: scripted-agent', 'command: nowhere-to-be-found'))
  expect(endOf(none)).toMatchObject({ reason: 'not_found' })
  const other = await perform([{}], 'runtime: acp\nagent: { command: echo, args: [hello] }')
  expect(endOf(other)).toMatchObject({ reason: 'spawn_error', detail: expect.stringContaining('did not begin to speak ACP') })
  expect(of(other, 'step.output').map(({ data }) => data.text).join('')).toBe('hello\n')
})

it('words before the protocol begins are shown as they are', async () => {
  const events = await perform([{ say: 'hello' }], manifest('', '--banner'))
  expect(endOf(events)).toMatchObject({ status: 'succeeded' })
  expect(of(events, 'step.output').map(({ data }) => data.text).join('')).toBe('welcome to the scripted agent\nthere is no news\n')
})

it('a flood of words is gathered into few events, and none is lost', async () => {
  const events = await perform([{ repeat: 20_000, word: 'flood' }])
  expect(endOf(events)).toMatchObject({ status: 'succeeded' })
  expect(words(events)).toBe(Array.from({ length: 20_000 }, (_, index) => `flood ${index}\n`).join(''))
  expect(of(events, 'agent.message').length).toBeLessThan(100)
})

it('a flood beyond the limit of output ends the run by it', async () => {
  const events = await perform([{ repeat: 20_000, word: 'flood' }], manifest('').replace('processes: 128', 'processes: 128, output: 1MiB'))
  expect(endOf(events)).toMatchObject({ status: 'failed', reason: 'output_limit' })
})

it('it is given no hand on our side: files and terminals are not announced, and refused', async () => {
  const events = await perform([{ call: 'fs/read_text_file', params: { sessionId: 'x', path: '/etc/passwd' } }, { call: 'terminal/create', params: { sessionId: 'x', command: 'id' } }])
  expect(words(events)).toContain('refused: there is no method fs/read_text_file here')
  expect(words(events)).toContain('refused: there is no method terminal/create here')
})

const LOSES = [{ say: 'here I am' }, { shell: 'echo once >>log' }, { waitOnce: true }, { shell: 'cat log $HOME/sessions/*' }]

async function lose(source: string): Promise<RunEvent[]> {
  const { id } = await worker.run(source, { task: JSON.stringify(LOSES) })
  await worker.eventsUntil(id, event => event.type === 'tool.finished')
  for (const { pid } of worker.hosts)
    process.kill(pid!, 'SIGKILL')
  return toEnd(id)
}

it('after its executor is lost it goes on in the session that it had, whatever the policy', async () => {
  const events = await lose(manifest('effects: ask'))
  expect(endOf(events)).toMatchObject({ status: 'succeeded' })
  expect(of(events, 'run.resumed')).toMatchObject([{ data: { repeated: 1, unknown: 0, workspace: 'kept', notice: 'Its agent loads the session that it had, and goes on in it.' } }])
  const [first, second] = of(events, 'agent.session').map(({ data }) => data.session)
  expect(second).toBe(first)
  const { result } = of(events, 'tool.finished').at(-1)!.data
  expect(result.split('\n').filter(line => /^(?:new|loaded|told)/.test(line)).map(line => line.slice(0, 20))).toEqual(['new in /workspace', 'told: [{"say":"here ', 'loaded', 'told: You were inter'])
  expect(JSON.stringify(events)).not.toContain('REPLAYED')
})

it('one that cannot load begins again by the policy, is told so, and the log says it', async () => {
  const events = await lose(manifest('effects: tell', '--cannot-load'))
  expect(endOf(events)).toMatchObject({ status: 'succeeded' })
  expect(of(events, 'run.resumed')).toMatchObject([{ data: { unknown: 1, notice: 'Its agent has no session here that it could load: it begins again.' } }])
  expect(of(events, 'effect.settled')).toMatchObject([{ data: { as: 'told' } }])
  expect(of(events, 'tool.finished').at(-1)!.data.result).toContain('told: An earlier attempt at this did not come to its end')
})

it('one that cannot load waits for a person where the policy is to ask', async () => {
  const { id } = await worker.run(manifest('effects: ask', '--cannot-load'), { task: JSON.stringify(LOSES) })
  await worker.eventsUntil(id, event => event.type === 'tool.finished')
  for (const { pid } of worker.hosts)
    process.kill(pid!, 'SIGKILL')
  await worker.eventsUntil(id, ({ type }) => type === 'run.parked')
  await worker.settle(id, 'repeat')
  expect(endOf(await toEnd(id))).toMatchObject({ status: 'succeeded' })
})

it('what is too long for the log is cut there, said, and kept whole', async () => {
  const { id } = await worker.run(manifest(), { task: JSON.stringify([{ edit: ['big.txt', null, 'line of a file\n'], times: 20_000 }]) })
  const events = await toEnd(id)
  expect(of(events, 'agent.diff')[0]!.data.new).toContain('characters left out here')
  const [saved] = of(events, 'artifact.saved')
  expect(saved!.data.isWhole).toBe(true)
  const found = await worker.artifacts.find(worker.actor.organisationId, id, saved!.data.name)
  expect(await readText((await worker.artifacts.read(found!.artifact.sha256))!.stream())).toContain(JSON.stringify('line of a file\n'.repeat(20_000)))
})

it.each(['claude-code', 'codex', 'gemini-cli', 'opencode'])('the shipped agent %s is refused where its program is missing, with what to install', async (name) => {
  const source = await readFile(new URL(`../../agents/${name}.yaml`, import.meta.url), 'utf8')
  const { id } = await worker.run(source.replace(/^name: .*$/m, '').replace('from: ..', 'from: .'), { task: 'hello', workspace: join(worker.root, 'repo') })
  expect(endOf(await toEnd(id))).toMatchObject({ status: 'failed', reason: 'refused', detail: expect.stringMatching(/needs \w+ \(programs:\), which is not installed in .*npm install --prefix/) })
})
