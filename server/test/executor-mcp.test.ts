import type { ExecutorHost } from '../src/executor/host.ts'
import type { StdioServer } from '../src/executor/protocol/input.ts'
import type { ModelTurn, TestRun } from './executor-harness.ts'
import { copyFileSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataOf, findByCommandLine, performRun, startExecutor } from './executor-harness.ts'

/** MCP servers in sandboxes of their own: one of the protocol's own library, and one that keeps to nothing. */

const FIXTURES = fileURLToPath(new URL('./mcp/', import.meta.url))
const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const NODE = process.execPath

let host: ExecutorHost & AsyncDisposable
beforeAll(async () => {
  host = await startExecutor()
})
afterAll(() => host[Symbol.asyncDispose]())

const server = (some: Partial<StdioServer> = {}): StdioServer => ({ name: 'sdk', program: NODE, args: [join(FIXTURES, 'stdio-server.ts')], tools: null, timeoutMs: 10_000, ...some })
/** The project and Node stand in the sandbox where they stand outside. */
const SEEN = { programs: [PROJECT, dirname(NODE)].map(path => ({ hostPath: path, insidePath: path })) }
function plain(how: string, some: Partial<StdioServer> = {}): Partial<TestRun> & { server: StdioServer } {
  return {
    server: server({ name: 'odd', args: ['plain-server.mjs', how], timeoutMs: 2000, ...some }),
    prepare: path => copyFileSync(join(FIXTURES, 'plain-server.mjs'), join(path, 'plain-server.mjs')),
  }
}

async function callTools(calls: [tool: string, input: unknown][], { server: one = server(), ...o }: Partial<TestRun> & { server?: StdioServer } = {}) {
  const turns: ModelTurn[] = calls.map(([tool, input], index) => ({ toolCalls: [{ id: `call-${index + 1}`, tool, input }] }))
  const run = await performRun(host, { llm: { turns: [...turns, { text: 'Done.' }], tools: ['shell'], servers: [one] }, sandbox: SEEN, limits: { processes: 256 }, ...o })
  const offered = run.asks.flatMap(ask => ask.kind === 'model' ? [ask.tools.map(tool => tool.name)] : [])[0]
  return { ...run, offered, told: dataOf(run.events, 'tool.finished').map(data => data.result) }
}

describe('an MCP server by stdio', () => {
  it('made with the protocol\'s own library is listed, offered with its schemas, called, and gone when the run ends', async () => {
    const { outcome, events, asks, offered, told, trace, kept } = await callTools([
      ['sdk__add', { a: 2, b: 3 }],
      ['sdk__refuse', {}],
      ['sdk__structured', {}],
      ['shell', { command: 'echo still here' }],
      ['sdk__picture', {}],
    ])
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(dataOf(events, 'mcp.listed')).toMatchObject([{ server: 'sdk', by: 'stdio', about: 'of the tests 1.2.3', omitted: [] }])
    expect(offered).toEqual(['shell', 'sdk__add', 'sdk__die', 'sdk__long', 'sdk__picture', 'sdk__refuse', 'sdk__structured', 'sdk__wait', 'sdk__where'])
    expect(told).toEqual(['the sum is 5', 'I will not', '{\n "rows": [\n  1,\n  2\n ]\n}', 'still here\n\n[exit code 0]', 'here it is\n[image, image/png, 20 bytes: file 1 of this answer]\n[resource file:///notes.txt]\nsome notes\n[file 1: kept as step-5-sdk__picture-call-5.1.bin, for people]'])
    expect(kept).toMatchObject([{ name: 'step-5-sdk__picture-call-5.1.bin', mediaType: 'application/octet-stream', sizeBytes: 20 }])
    expect(dataOf(events, 'tool.finished').map(({ status }) => status)).toEqual(['succeeded', 'failed', 'succeeded', 'succeeded', 'succeeded'])
    expect(asks.find(ask => ask.kind === 'permit')).toMatchObject({ tool: 'sdk__add', input: { a: 2, b: 3 } })
    expect(dataOf(events, 'tool.started')[0]).toMatchObject({ tool: 'sdk__add', command: 'sdk__add {"a":2,"b":3}' })
    const first = trace.slice(trace.indexOf('event:tool.proposed'))
    expect(first.slice(0, 5)).toEqual(['event:tool.proposed', 'ask:permit', 'ask:record', 'event:tool.started', 'event:tool.finished'])
    expect(findByCommandLine('stdio-server.ts')).toEqual([])
  })

  it.each(['sandbox', 'process'] as const)('that ends at level %s is started once more, and the run\'s own session goes on', async (level) => {
    const { outcome, told } = await callTools([
      ['shell', { command: 'sleep 1000 & echo $!' }],
      ['odd__die', {}],
      ['odd__add', { a: 1, b: 1 }],
      ['shell', { command: 'jobs=$(ps ax 2>/dev/null | grep -c "[s]leep 1000"); [ "$jobs" -ge 1 ] && echo alive || cat /proc/*/cmdline | tr "\\0" " " | grep -q "[s]leep 1000" && echo alive' }],
      ['odd__die', {}],
      ['odd__add', { a: 1, b: 1 }],
    ], { ...plain('well'), level, ...level === 'process' && { sandbox: {} } })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: level === 'sandbox' ? 0 : 1 }) // what the shell left behind
    expect(told[1]).toMatch(/^Error: the MCP server "odd" cannot be used: it ended \(exit code 7\)/)
    expect(told[2]).toBe('the sum is 2')
    expect(told[3]).toContain('alive')
    expect(told[5]).toContain('it ended (exit code 7)')
    expect(findByCommandLine('sleep 1000')).toEqual([])
  })

  it('stands in a sandbox with the run\'s workspace and no more of the machine', async () => {
    const { told } = await callTools([['odd__where', {}]], plain('well'))
    const { folder, files, env } = JSON.parse(told[0]!) as { folder: string, files: string[], env: string[] }
    expect({ folder, files }).toEqual({ folder: '/workspace', files: ['plain-server.mjs'] })
    expect(env.filter(name => name.startsWith('AGENTOS_')).sort()).toEqual(['AGENTOS_BESIDE', 'AGENTOS_RUN', 'AGENTOS_TASK'])
  })

  it('keeps the whole of a long answer, and says where', async () => {
    const { told, kept } = await callTools([['odd__long', {}]], plain('well'))
    expect(told[0]!.length).toBeLessThan(26_000)
    expect(told[0]).toMatch(/^first x+\n\[… \d+ characters left out here; the whole is kept as step-1-odd__long-call-1\.txt: read_result shows any part of it …\]\nx+ last$/)
    expect(kept).toMatchObject([{ name: 'step-1-odd__long-call-1.txt', mediaType: 'text/plain', sizeBytes: 100_011 }])
  })

  it('is not asked what its schema or the rules do not allow', async () => {
    const { told, events } = await callTools([['odd__add', { a: 'two' }], ['odd__add', { a: 1, b: 2 }]], {
      ...plain('well'),
      onAsk: ask => ask.kind === 'permit' ? Promise.resolve({ kind: 'decision', allow: false, reason: 'not today', rule: 'approvals.mcp' }) : undefined,
    })
    expect(told).toEqual([
      'Error: the input of odd__add is malformed: "b" is missing; "a" must be number, and is a string.',
      'Denied: not today (rule approvals.mcp). Find another way or say that you cannot do it.',
    ])
    expect(dataOf(events, 'tool.started')).toEqual([])
  })

  it('that takes too long is given up, and can be asked again', async () => {
    const { told } = await callTools([['odd__wait', {}], ['odd__add', { a: 1, b: 2 }]], plain('well', { timeoutMs: 300 }))
    expect(told).toEqual(['Error: the MCP server "odd" cannot be used: it did not answer within 0.3 s. Nobody knows whether the call had an effect.', 'the sum is 3'])
  })

  it('offers what the manifest lists of it, and says what it lacks', async () => {
    const { offered, events } = await callTools([], plain('well', { tools: ['add', 'subtract'] }))
    expect(offered).toEqual(['shell', 'odd__add'])
    expect(dataOf(events, 'mcp.listed')).toMatchObject([{ tools: ['odd__add'], omitted: ['"subtract" is in mcp.odd.tools, but the server has no such tool'] }])
  })

  it('stops with the run, in the middle of a call, and its call is left open for another attempt', async () => {
    const stop = new AbortController()
    const { outcome, events } = await callTools([['odd__wait', {}]], {
      ...plain('well'),
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === 'tool.started')
          setTimeout(() => stop.abort('by a person'), 100)
      },
    })
    expect(outcome).toMatchObject({ reason: 'cancelled', survivors: 0 })
    expect(dataOf(events, 'tool.finished')).toMatchObject([{ status: 'failed', end: { ended: 'cancelled' } }])
    expect(findByCommandLine('plain-server.mjs')).toEqual([])
  })
})

/** What a process has in memory, in bytes. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
}

describe('a hostile MCP server', () => {
  it.each([
    ['silent', /did not answer within 20 s/],
    ['long-line', /a line of more than 4 MiB/],
    ['ends', /it ended \(exit code 3\); it wrote: no configuration was found/],
    ['future', /speaks version "2099-01-01"/],
    ['lies', /its list of tools is no list/],
  ])('that is %s ends the run with its reason', async (how, words) => {
    const { outcome } = await callTools([], plain(how))
    expect(outcome).toMatchObject({ reason: 'error', detail: expect.stringMatching(words), canPass: true, survivors: 0 })
  }, 40_000)

  it('that floods is ended, and the executor\'s memory stays as it was', async () => {
    const before = memoryOf(host.pidFor('sandbox')!)
    const { outcome, told } = await callTools([['odd__good', {}], ['odd__good', {}], ['odd__good', {}], ['shell', { command: 'sleep 1; echo here' }]], plain('flood'))
    if ('reason' in outcome && outcome.reason === 'error') // it may be found out before it is listed
      expect(outcome.detail).toContain('it said far more than it was asked')
    else
      expect(told.at(-1)).toContain('here')
    expect(memoryOf(host.pidFor('sandbox')!) - before).toBeLessThan(200 * 1024 * 1024)
    expect(findByCommandLine('plain-server.mjs')).toEqual([])
  })

  it('is heard over its noise, gets no service but the word that there is none, and its odd answers are told as they are', async () => {
    const noisy = await callTools([['odd__good', {}]], plain('noise'))
    expect(noisy.told).toEqual(['good'])
    const { told } = await callTools([['odd__asks', {}], ['odd__error', {}], ['odd__odd', {}]], plain('calls'))
    expect(told[0]).toContain('not offered by this client')
    expect(told[1]!.length).toBeLessThan(1300)
    expect(told[2]).toBe('\n\n[a part of an unknown kind: video]\n[image, application/octet-stream: left out]\n')
  })

  it('offers no more than the bounds, under names that every provider takes and that do not collide', async () => {
    const many = await callTools([], plain('many'))
    expect(many.offered).toHaveLength(65)
    const pages = await callTools([], plain('pages'))
    expect(pages.offered!.length).toBeLessThanOrEqual(21)
    const schemas = await callTools([], plain('schemas'))
    expect(schemas.offered).toEqual(['shell', 'odd__good'])
    expect(dataOf(schemas.events, 'mcp.listed')[0]!.omitted).toHaveLength(6)
    const { offered } = await callTools([], plain('names'))
    expect(offered).toHaveLength(5)
    expect(new Set(offered).size).toBe(5)
    expect(offered!.every(name => /^[\w-]{1,64}$/.test(name))).toBe(true)
    expect((await callTools([], plain('names'))).offered).toEqual(offered)
  }, 30_000)
})
