import { expect, it, onTestFinished } from 'vitest'
import { createRedactor } from '../../domain/redact/redactor.ts'
import { openWorkerTools } from './worker-tools.ts'

const ask = (tool: string, input: Record<string, unknown> = {}, more = {}) => ({ step: 1, call: 'a', tool, input, ...more })
const permit = (...about: Parameters<typeof ask>) => ({ kind: 'permit' as const, ...ask(...about) })
const doIt = (...about: Parameters<typeof ask>) => ({ kind: 'tool' as const, ...ask(...about) })

async function open(manifest: object) {
  const opened = await openWorkerTools({
    manifest: { runtime: 'llm', tools: ['files', 'fetch'], mcp: { own: { kind: 'stdio', program: 'x', args: [], tools: null, timeoutMs: 1000 } }, network: ['a.example'], ...manifest },
    secrets: {},
    ref: { runId: 'r', fence: 1, attempt: 1 },
    organisationId: 'o',
    artifacts: { read: async () => null, save: () => Promise.reject(new Error('nothing is kept here')), find: async () => null },
    settings: { apiPort: () => 1, apiHosts: [], resolve: async () => [] },
    redactor: createRedactor([]),
    log: { push: async () => {}, record: async () => {} },
    signal: new AbortController().signal,
  })
  if (!opened.ok)
    throw new Error(opened.detail)
  onTestFinished(() => opened.tools.close())
  return opened.tools
}

it('an executor may not call a tool that the manifest does not give', async () => {
  const tools = await open({})
  for (const name of ['shell', 'other__tool', 'own_tool', 'ownx__tool', '__proto__', 'constructor'])
    expect(tools.actionOf(permit(name)), name).toBeNull()
  expect(tools.actionOf(permit('own__tool', { b: 1, a: [{ d: 1, c: 2 }] }))).toMatchObject({ kind: 'mcp', text: 'own__tool {"a":[{"c":2,"d":1}],"b":1}', title: 'own: tool', canPark: true })
  expect(tools.actionOf(permit('fetch', { url: 'https://a.example/', method: 'PUT', body: 'x' }))).toMatchObject({ kind: 'fetch', text: 'PUT https://a.example/\n\nx', title: 'PUT https://a.example/' })
  expect((await tools.call(doIt('own__tool'))).content).toContain('there is no tool')
  const script = await open({ runtime: 'script' })
  expect(script.actionOf(permit('fetch'))).toBeNull()
  expect(script.specs).toEqual([])
})

it('a call is done once, and exactly as it was permitted', async () => {
  const tools = await open({})
  const input = { url: 'https://a.example/', method: 'POST', body: 'one' }
  expect((await tools.call(doIt('fetch', input))).content).toBe('Error: nobody has permitted this call.')
  tools.allow(permit('fetch', input))
  expect((await tools.call(doIt('fetch', { ...input, body: 'two' }))).content).toBe('Error: nobody has permitted this call.')
  expect((await tools.call(doIt('fetch', input, { step: 2 }))).content).toBe('Error: nobody has permitted this call.')
  expect((await tools.call(doIt('fetch', input))).content).toContain('its name cannot be resolved')
  expect((await tools.call(doIt('fetch', input))).content).toBe('Error: nobody has permitted this call.')
})

it('with no network the fetch tool says that there is none', async () => {
  const tools = await open({ network: 'none' })
  tools.allow(permit('fetch', { url: 'https://a.example/' }))
  expect((await tools.call(doIt('fetch', { url: 'https://a.example/' }))).content).toBe('Error: There is no network: the manifest gives this run none.')
})
