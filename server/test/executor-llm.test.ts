import type { ExecutorHost } from '../src/executor/host.ts'
import type { ExecutorAsk, ModelMessage } from '../src/executor/protocol/output.ts'
import type { ModelTurn } from './executor-harness.ts'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataOf, performRun, startExecutor } from './executor-harness.ts'

let host: ExecutorHost & AsyncDisposable
beforeAll(async () => {
  host = await startExecutor()
})
afterAll(() => host[Symbol.asyncDispose]())

/** A run in which the model calls these tools, one a turn, and then answers; with what it was told after each. */
async function callTools(calls: [tool: string, input: unknown][], o: Partial<Parameters<typeof performRun>[1]> = {}) {
  const turns: ModelTurn[] = calls.map(([tool, input], index) => ({ toolCalls: [{ id: `call-${index + 1}`, tool, input }] }))
  const run = await performRun(host, { llm: { turns: [...turns, { text: 'All done.' }] }, ...o })
  return { ...run, told: dataOf(run.events, 'tool.finished').map(data => data.result) }
}

const turnsOf = (asks: ExecutorAsk[]) => asks.filter(ask => ask.kind === 'model')
const lastOf = (messages: ModelMessage[] | undefined) => messages?.at(-1)

describe('the loop of a model with tools', () => {
  it('ends completed when the model answers without a tool', async () => {
    const { outcome, events, asks } = await performRun(host, { task: 'Say hello', inputs: { name: 'Ada' }, llm: { turns: [{ text: 'Hello.' }], instructions: 'Be brief.' } })
    expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
    expect(dataOf(events, 'sandbox.opened')).toEqual([])
    expect(dataOf(events, 'step.started')).toMatchObject([{ step: 1, kind: 'model' }])
    expect(turnsOf(asks)[0]?.messages).toMatchObject([
      { role: 'system', content: expect.stringMatching(/^Be brief\.[\s\S]*\/workspace[\s\S]*name: Ada/) },
      { role: 'user', content: 'Say hello' },
    ])
  })

  it('runs a tool call: proposed, permitted, recorded, run, told to the model', async () => {
    const { outcome, events, asks, trace, told } = await callTools([['shell', { command: 'echo out; echo err >&2; exit 3' }]])
    expect(outcome).toMatchObject({ reason: 'completed' })
    // The sandbox opens beside the record.
    expect(trace.filter(word => !['event:tool.output', 'event:sandbox.opened'].includes(word))).toEqual([
      'event:step.started',
      'ask:model',
      'event:tool.proposed',
      'ask:command',
      'ask:record',
      'event:tool.started',
      'event:tool.finished',
      'event:step.finished',
      'event:step.started',
      'ask:model',
      'event:step.finished',
    ])
    expect(told).toEqual(['out\nerr\n\n[exit code 3]'])
    expect(lastOf(turnsOf(asks)[1]?.messages)).toEqual({ role: 'tool', callId: 'call-1', tool: 'shell', content: told[0] })
    expect(dataOf(events, 'tool.finished')).toMatchObject([{ status: 'failed', end: { exitCode: 3 } }])
  })

  it('reads, writes, edits, lists and searches files by commands of the session', async () => {
    const { outcome, told } = await callTools([
      ['write_file', { path: 'a folder/it\'s.txt', content: 'one\ntwo "2"\nthree, no line feed' }],
      ['edit_file', { path: 'a folder/it\'s.txt', old: 'two "2"\n', new: 'two $& \\1\n' }],
      ['read_file', { path: 'a folder/it\'s.txt' }],
      ['read_file', { path: '/workspace/a folder/it\'s.txt', firstLine: 2, lines: 1 }],
      ['write_file', { path: '-rf', content: '' }],
      ['list_files', {}],
      ['search_files', { pattern: 'th(re|ing)' }],
    ])
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(told).toEqual([
      'Written: a folder/it\'s.txt',
      'Edited: a folder/it\'s.txt',
      'one\ntwo $& \\1\nthree, no line feed',
      'two $& \\1\n',
      'Written: -rf',
      './-rf\n./a folder\n./a folder/it\'s.txt\n',
      './a folder/it\'s.txt:3:three, no line feed\n',
    ])
  })

  it('does not edit what is not there exactly once', async () => {
    const { told, events } = await callTools([
      ['edit_file', { path: 'f', old: 'x', new: 'y' }],
      ['edit_file', { path: 'missing', old: 'x', new: 'y' }],
    ], { prepare: path => writeFileSync(join(path, 'f'), 'x x') })
    expect(told[0]).toContain('2 times')
    expect(told[1]).toContain('No such file')
    expect(dataOf(events, 'tool.finished').map(data => data.status)).toEqual(['failed', 'failed'])
  })

  it.each([
    ['fly', {}, 'there is no tool "fly"'],
    ['shell', {}, '"command" is missing'],
    ['shell', { command: 7 }, '"command" must be a string'],
    ['shell', 'ls', 'expected a JSON object'],
    ['shell', { command: 'ls', __proto__x: 1 }, '"__proto__x" is not one of'],
    ['read_file', { path: 'x', lines: 0 }, '"lines" must be at least 1'],
  ])('answers the malformed call of %s with %j to the model, and runs nothing', async (tool, input, words) => {
    const { outcome, told, asks } = await callTools([[tool, input]])
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(told[0]).toContain(words)
    expect(asks.map(ask => ask.kind)).toEqual(['model', 'model'])
  })

  it('tells the model of a denied command, and runs nothing', async () => {
    const { outcome, told, events } = await callTools([['shell', { command: 'sudo rm -rf /' }]], {
      onAsk: ask => ask.kind === 'command' ? Promise.resolve({ kind: 'decision', allow: false, reason: 'sudo is not allowed', rule: 'sudo' }) : undefined,
    })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(told[0]).toContain('sudo is not allowed')
    expect(dataOf(events, 'tool.finished')).toMatchObject([{ status: 'denied' }])
    expect(dataOf(events, 'sandbox.opened')).toEqual([])
  })

  it('tells the model when a command took too long, and goes on', async () => {
    const { outcome, told } = await callTools([['shell', { command: 'echo begun; sleep 30', timeoutSeconds: 1 }], ['shell', { command: 'echo next' }]])
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(told[0]).toMatch(/^begun\n\n\[ended after \d+ ms: over its time limit\]$/)
    expect(told[1]).toBe('next\n\n[exit code 0]')
  })

  it('bounds what the model is told and says what was left out', async () => {
    const { told } = await callTools([['shell', { command: 'echo first; yes | head -c 300000; echo last' }]])
    expect(told[0]!.length).toBeLessThan(26_000)
    expect(told[0]).toMatch(/^first\n[\s\S]*characters left out here[\s\S]*last\n/)
  })

  it('ends step_limit when the model does not come to an end', async () => {
    const { outcome, events } = await callTools([['shell', { command: 'true' }], ['shell', { command: 'true' }], ['shell', { command: 'true' }]], { limits: { steps: 2 } })
    expect(outcome).toMatchObject({ reason: 'step_limit' })
    expect(dataOf(events, 'limit.reached')).toMatchObject([{ limit: 'steps', allowed: 2 }])
    expect(dataOf(events, 'tool.finished')).toHaveLength(2)
  })

  it('ends with error and the provider\'s words when the model cannot be asked', async () => {
    const { outcome, events } = await performRun(host, { llm: { turns: [() => {
      throw new Error('401 from api.example.com: invalid key')
    }] } })
    expect(outcome).toMatchObject({ reason: 'error', detail: '401 from api.example.com: invalid key.', canPass: true })
    expect(dataOf(events, 'step.finished')).toMatchObject([{ status: 'failed' }])
  })

  it('does not call an answer finished that was cut at its length', async () => {
    expect((await performRun(host, { llm: { turns: [{ text: 'and so', finish: 'length' }] } })).outcome).toMatchObject({ reason: 'error', detail: expect.stringContaining('cut') })
  })

  it('verifies after the model has answered', async () => {
    expect((await callTools([['write_file', { path: 'x', content: '1' }]], { verify: ['[ -f x ]'] })).outcome).toMatchObject({ reason: 'completed' })
    expect((await callTools([['shell', { command: 'true' }]], { verify: ['[ -f x ]'] })).outcome).toMatchObject({ reason: 'error', detail: expect.stringContaining('Not verified') })
  })

  it('stops while the model is asked', async () => {
    const stop = new AbortController()
    const { outcome } = await performRun(host, {
      llm: { turns: [] },
      signal: stop.signal,
      onAsk: (ask) => {
        if (ask.kind !== 'model')
          return undefined
        stop.abort('by a person')
        return new Promise(() => {}) // It never answers.
      },
    })
    expect(outcome).toMatchObject({ reason: 'cancelled', detail: 'By a person.' })
  })

  it('does not let a planted link lead a file tool to the host', async () => {
    const { told, outcome } = await callTools([
      ['read_file', { path: 'link' }],
      ['write_file', { path: 'folder/evil', content: 'x' }],
      ['shell', { command: 'ln -s /proc/1/root/etc/shadow l2; ln -s /etc/hostname l3; true' }],
      ['read_file', { path: 'l2' }],
      ['read_file', { path: 'l3' }],
    ], { prepare: (path) => {
      mkdirSync(join(path, '..', 'secret'))
      writeFileSync(join(path, '..', 'secret', 'key'), 'CANARY')
      symlinkSync(join(path, '..', 'secret', 'key'), join(path, 'link'))
      symlinkSync(join(path, '..', 'secret'), join(path, 'folder'))
    } })
    expect(outcome).toMatchObject({ reason: 'completed' })
    expect(told.join('\n')).not.toContain('CANARY')
    expect(told.filter(text => /No such file|Permission denied|cannot create|File exists/.test(text))).toHaveLength(4)
  })
})
