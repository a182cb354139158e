import type { ServerProcess } from './process-harness.ts'
import type { ScriptedModel } from './worker/scripted-model.ts'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentos, jsonLines } from './cli-harness.ts'
import { processesOf, runCommand, runOnTerminal, startServerProcess } from './process-harness.ts'
import { temporaryFolder } from './server-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

let model: ScriptedModel
let server: ServerProcess

beforeAll(async () => {
  model = await startScriptedModel([{ say: 'Hello.' }])
  server = await startServerProcess(await mkdtemp(join(tmpdir(), 'agentos-chat-test-')), { isShared: true, env: keys(model) })
})

afterAll(async () => {
  await server.stop()
  await model.stop()
  await rm(server.dataDir, { recursive: true, force: true })
})

it('in a pipe says one message and prints its answer alone, and goes on with the conversation later', { timeout: 120_000 }, async () => {
  model.play([{ say: 'A harbour pilot.', reasoning: 'who asks?' }, { say: 'On the quay.' }, { status: 401, body: '{"error":{"message":"no such key"}}' }])
  const first = await chat(['-p', 'openai', '-m', 'scripted', '--unmetered', '-s', 'Be brief.', '--temperature', '0.25'], 'Who are you?\nIn a word.\n')
  expect({ ...first, stderr: '' }).toEqual({ code: 0, signal: null, stdout: 'A harbour pilot.\n', stderr: '' })
  const [, id] = /^agentos chat --resume (\w{10}) goes on\n$/.exec(first.stderr) ?? []
  expect(model.requests[0]!.body.temperature).toBe(0.25)
  expect(JSON.stringify(model.requests[0]!.body.messages)).toContain('Be brief.')
  expect(model.requests[0]!.body.messages.at(-1)).toEqual({ role: 'user', content: 'Who are you?\nIn a word.' })

  const second = await chat(['--resume', id!, '--json'], 'Where?')
  expect(jsonLines(second).filter(event => event.type === 'model.responded').map(event => event.data.text)).toEqual(['On the quay.'])
  expect(jsonLines(second).at(-1)).toMatchObject({ type: 'run.parked', data: { for: 'message' } })
  expect(model.requests[1]!.body.messages.slice(1).map(one => one.content)).toEqual(['Who are you?\nIn a word.', 'A harbour pilot.', 'Where?'])

  const third = await chat(['--resume', id!], 'And now?')
  expect(third).toMatchObject({ code: 1, stdout: '' })
  expect(third.stderr).toMatch(/^error .*OPENAI_API_KEY/)

  const listed = await agentos(['chat', '--list'], server)
  expect(listed.stdout).toMatch(new RegExp(`waiting +${id} +chat-openai-scripted +\\S.* Who are you\\?`))
  const exported = await agentos(['chat', '--export', id!, '--format', 'json'], server)
  expect((JSON.parse(exported.stdout) as { messages: { text: string }[] }).messages.map(one => one.text).slice(0, 4)).toEqual(['Who are you?\nIn a word.', 'A harbour pilot.', 'Where?', 'On the quay.'])
})

it('refuses what cannot be a conversation before anything is said, with what to do', async () => {
  const asked = model.requests.length
  const refusals = await Promise.all([
    chat([], 'hi'),
    chat(['disk-usage'], 'hi'),
    chat(['-m', 'openai/scripted', '--temperature', 'warm'], 'hi'),
    chat(['explain-repository', '-s', 'Be brief.'], 'hi'),
    chat(['-m', 'openai/scripted'], ' \n'),
    chat(['-m', 'openai/scripted'], 'hi'),
  ])
  expect(refusals.map(({ code, stdout }) => ({ code, stdout }))).toEqual(refusals.map(() => ({ code: 1, stdout: '' })))
  const [noPartner, noModel, warm, both, nothing, noPrice] = refusals.map(one => one.stderr)
  expect(noPartner).toContain('agentos chat -m openai/NAME (switched on: openai')
  expect(noModel).toContain('disk-usage is of runtime script')
  expect(warm).toContain('--temperature: expected a number from 0 to 2, but got "warm"')
  expect(both).toContain('leave --system out, or the agent')
  expect(nothing).toContain('expected a message on standard input')
  expect(noPrice).toMatch(/price of openai\/scripted is not known.*agentos chat --unmetered/)
  expect(model.requests.length).toBe(asked)
})

it('with no server and no model says what to paste', async () => {
  const { code, stderr } = await chat(['-m', 'openai/gpt-5'], 'hi', await temporaryFolder(), {})
  expect(code).toBe(1)
  expect(stderr).toContain('OPENAI_API_KEY=')
})

describe.skipIf(!hasScript)('on a terminal (needs script of util-linux)', () => {
  it('talks message by message with a server of its own, is left with the conversation kept, and goes on with it', { timeout: 120_000 }, async () => {
    const dataDir = await temporaryFolder()
    model.play([{ say: 'One it is.' }, { say: 'Then two.' }, { say: 'And three.' }])
    const command = runOnTerminal(['chat', '-m', 'openai/scripted', '--unmetered'], dataDir, { env: keys(model) })
    await command.says(/› /)
    command.child.stdin!.write('/help\r')
    await command.says(/the conversation is kept/)
    command.child.stdin!.write('one\r')
    await command.says(/One it is\.[\s\S]*› /)
    command.child.stdin!.write('two\rlines\r')
    await command.says(/Then two\.[\s\S]*› /)
    expect(model.requests[1]!.body.messages.at(-1)).toEqual({ role: 'user', content: 'two\nlines' })
    command.child.stdin!.write(CTRL_D)
    expect(await command.exited).toEqual([0, null])
    const [, id] = /kept: agentos chat --resume (\w+) goes on/.exec(stripVTControlCharacters(command.stdout()))!
    expect(await processesOf(dataDir)).toEqual([])

    const again = runOnTerminal(['chat', '--resume', id!], dataDir, { env: keys(model) })
    await again.says(/one[\s\S]*One it is\.[\s\S]*Then two\.[\s\S]*› /)
    again.child.stdin!.write('three\r')
    await again.says(/And three\.[\s\S]*› /)
    again.child.stdin!.write('/end\r')
    expect(await again.exited).toEqual([0, null])
    const [run] = jsonLines(await agentos(['chat', '--list', '--json'], dataDir))
    expect(run).toMatchObject({ id: expect.stringMatching(new RegExp(`^${id}`)), status: 'succeeded' })
  })

  it('at Ctrl-C asks while it answers, and at the next one stops it', async () => {
    model.play([{ silence: true }])
    const command = runOnTerminal(['chat', '-m', 'openai/scripted', '--unmetered'], server.dataDir)
    await command.says(/› /)
    command.child.stdin!.write('hi\r')
    await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(1)
    command.child.stdin!.write(CTRL_C)
    await command.says(/Stop it\? Ctrl-C again does/)
    command.child.stdin!.write(CTRL_C)
    expect(await command.exited).toEqual([130, null])
    expect(command.stdout()).toContain('the conversation is over')
  })
})

async function chat(args: string[], message: string, dataDir = server.dataDir, env: Record<string, string> = {}) {
  const spawned = runCommand(['chat', ...args], dataDir, { env })
  spawned.child.stdin!.end(message)
  const [code, signal] = await spawned.exited
  return { code, signal, stdout: spawned.stdout(), stderr: spawned.stderr() }
}

function keys({ baseUrl }: ScriptedModel): Record<string, string> {
  return { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: baseUrl }
}
