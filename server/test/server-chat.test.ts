import type { RunEvent } from '../src/domain/event.ts'
import type { Client } from './server-harness.ts'
import { expect, it } from 'vitest'
import { checkDatabase } from './checker.ts'
import { startServerProcess } from './process-harness.ts'
import { connect, startServer, temporaryFolder } from './server-harness.ts'
import { startScriptedModel } from './worker/scripted-model.ts'

const waits = (client: Client, run: string) => expect.poll(async () => client.runs.get.query({ run }), { timeout: 20_000 }).toMatchObject({ status: 'waiting', waitingFor: { kind: 'message' } })
const eventsOf = (client: Client, run: string) => client.events.list.query({ runId: run }) as Promise<RunEvent[]>

it('a conversation waits after each answer, with no process and no slot, and goes on with all that was said', async () => {
  const model = await startScriptedModel([{ say: 'Hello.' }, { say: 'You said one.' }, { say: 'You said two.' }])
  const server = await startServer({ OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: model.baseUrl })
  const client = connect(server)
  const { id, isChat, agentName } = await client.chats.start.mutate({ model: 'openai/scripted', unmetered: true, instructions: 'Be brief.', temperature: 0.25, message: 'hi' })
  expect({ isChat, agentName }).toEqual({ isChat: true, agentName: 'chat-openai-scripted' })
  await waits(client, id)
  await client.chats.say.mutate({ chat: id, text: 'one' })
  await waits(client, id)
  await client.chats.say.mutate({ chat: id, text: 'two' })
  await waits(client, id)

  const asked = model.requests.at(-1)!.body
  expect(asked.temperature).toBe(0.25)
  expect((asked.messages).slice(1)).toEqual([
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'You said one.' },
    { role: 'user', content: 'two' },
  ])
  expect((await client.chats.export.query({ chat: id, format: 'md' })).text).toContain('## openai/scripted\n\nYou said two.')
  expect((await client.chats.export.query({ chat: id, format: 'txt' })).text).toContain('openai/scripted:\nYou said one.')
  expect(JSON.parse((await client.chats.export.query({ chat: id, format: 'json' })).text).messages).toHaveLength(6)
  expect((await client.runs.list.query({ chats: true, search: 'said two' })).runs.map(run => run.id)).toEqual([id])
  expect((await client.runs.list.query({ chats: true, search: 'nobody said this' })).runs).toEqual([])

  expect(await client.chats.end.mutate({ chat: id })).toMatchObject({ status: 'succeeded', reason: 'completed' })
  await expect(client.chats.say.mutate({ chat: id, text: 'three' })).rejects.toThrow(/has ended: start a new one/)
  expect(await checkDatabase(server.db)).toEqual([])
})

it('an answer that does not come is said, and the conversation goes on', async () => {
  const model = await startScriptedModel([{ status: 401, body: '{"error":{"message":"no such key"}}' }, { say: 'Now I hear you.' }])
  const server = await startServer({ OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: model.baseUrl })
  const client = connect(server)
  const { id } = await client.chats.start.mutate({ model: 'openai/scripted', unmetered: true, message: 'hi' })
  await waits(client, id)
  expect((await client.chats.export.query({ chat: id, format: 'txt' })).text).toMatch(/No answer:\n.*OPENAI_API_KEY/)
  await client.chats.say.mutate({ chat: id, text: 'and now?' })
  await expect.poll(async () => (await eventsOf(client, id)).some(one => one.type === 'model.responded' && one.data.text === 'Now I hear you.')).toBe(true)
  await waits(client, id)
})

it('what cannot be a conversation is refused, and nothing is said into one that answers', async () => {
  const model = await startScriptedModel([{ silence: true }])
  const server = await startServer({ OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: model.baseUrl })
  const client = connect(server)
  await expect(client.chats.start.mutate({ agent: 'disk-usage', message: 'hi' })).rejects.toThrow(/needs an agent with a model/)
  await expect(client.chats.start.mutate({ model: 'gpt-5', message: 'hi' })).rejects.toThrow(/expected provider\/model/)
  await expect(client.chats.start.mutate({ message: 'hi' })).rejects.toThrow(/name an agent or a model/)
  await expect(client.chats.start.mutate({ model: 'openai/scripted', unmetered: true, message: '  ' })).rejects.toThrow(/must say something/)
  const { id } = await client.chats.start.mutate({ model: 'openai/scripted', unmetered: true, message: 'hi' })
  await expect.poll(() => model.requests.length).toBe(1)
  await expect(client.chats.say.mutate({ chat: id, text: 'again' })).rejects.toThrow(/still answering/)
  await expect(client.chats.end.mutate({ chat: id })).rejects.toThrow(/still answering/)
  await client.runs.stop.mutate({ run: id })
  await expect.poll(async () => (await client.runs.get.query({ run: id })).status).toBe('cancelled')
})

it('a conversation outlives its server, killed while it waits and while it answers', { timeout: 120_000 }, async () => {
  const model = await startScriptedModel([{ say: 'one' }, { silence: true }, { say: 'two' }])
  const dataDir = await temporaryFolder()
  const env = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: model.baseUrl, AGENTOS_LEASE: '2s' }
  const first = await startServerProcess(dataDir, { env })
  const { id } = await connect(first).chats.start.mutate({ model: 'openai/scripted', unmetered: true, message: 'hi' })
  await waits(connect(first), id)
  first.child.kill('SIGKILL')
  await first.exited
  const second = await startServerProcess(dataDir, { env })
  await connect(second).chats.say.mutate({ chat: id, text: 'go on' })
  await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(2)
  second.child.kill('SIGKILL')
  await second.exited
  const third = await startServerProcess(dataDir, { env })
  await waits(connect(third), id)
  const events = await eventsOf(connect(third), id)
  expect(events.flatMap(one => one.type === 'model.responded' && one.data.error === undefined ? [one.data.text] : [])).toEqual(['one', 'two'])
})
