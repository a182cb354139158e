import type { OutputFormat } from '../../../domain/manifest/output-formats.ts'
import type { AgentSaid } from '../agent-said.ts'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { OUTPUT_FORMATS } from '../../../domain/manifest/output-formats.ts'
import { parseLine } from './parser.ts'

/** `recorded/`: what the real programs wrote, told by a scripted model what to do. */
function recorded(file: string, format: OutputFormat): AgentSaid[] {
  const lines = readFileSync(new URL(`./recorded/${file}.jsonl`, import.meta.url), 'utf8').trim().split('\n')
  return lines.flatMap((line) => {
    const said = parseLine(format, line)
    // A remark about its settings, which is shown as it is.
    expect(said === null, line).toBe(line.includes('Model metadata for `scripted` not found'))
    return said ?? []
  })
}

const COMMAND = 'echo written by an agent >agent.txt; echo done; ls /nowhere'
const kinds = (said: AgentSaid[]) => said.map(one => one.kind)

it.each([
  ['claude-stream-json', 'Claude Code 2.1.197', COMMAND],
  ['codex-json', 'Codex', `/bin/bash -lc '${COMMAND}'`],
  ['gemini-stream-json', 'Gemini CLI', COMMAND],
  ['opencode-json', 'opencode', COMMAND],
] as const)('%s: what the real program wrote is its session, its call with what came of it, and its words', (format, agent, command) => {
  const said = recorded(format, format)
  expect(said.find(one => one.kind === 'session')).toMatchObject({ agent, session: expect.stringMatching(/./), canLoad: false })
  const call = said.find(one => one.kind === 'call')
  expect(call).toMatchObject({ input: { command }, isStarted: true })
  expect(said.find(one => one.kind === 'result')).toMatchObject({ call: call?.call })
  expect(JSON.stringify(said.filter(one => one.kind === 'result' || one.kind === 'output'))).toContain('No such file or directory')
  expect(said.flatMap(one => one.kind === 'text' ? [one.text.trim()] : []).join('')).toBe('The file is written.')
  expect(kinds(said)).not.toContain('failure')
})

it('claude-stream-json: a change of a file is said when it was made, thoughts are thoughts, and a list of what is to be done is a plan', () => {
  const said = recorded('claude-stream-json-edits', 'claude-stream-json')
  expect(kinds(said)).toEqual(['session', 'thought', 'plan', 'call', 'result', 'call', 'result', 'call', 'result', 'diff', 'call', 'result', 'diff', 'text'])
  expect(said.filter(one => one.kind === 'diff')).toEqual([
    { kind: 'diff', call: 'toolu_2', path: '/workspace/old.txt', old: 'two', new: '2' },
    { kind: 'diff', call: 'toolu_3', path: '/workspace/new.txt', old: null, new: 'fresh\n' },
  ])
  expect(said.flatMap(one => one.kind === 'result' ? [one.status] : [])).toEqual(['failed', 'succeeded', 'succeeded', 'succeeded'])
})

it('gemini-stream-json: its list of what is to be done is a plan', () => {
  const said = recorded('gemini-stream-json-edits', 'gemini-stream-json')
  expect(said.find(one => one.kind === 'plan')).toEqual({ kind: 'plan', entries: [{ content: 'read', status: 'completed' }, { content: 'write', status: 'in_progress' }] })
  expect(said.flatMap(one => one.kind === 'call' ? [one.title] : [])).toEqual(['write_todos', 'read_file old.txt', 'replace /workspace/old.txt', 'write_file /workspace/new.txt'])
})

it.each([
  ['claude-stream-json', '{"type":"result","subtype":"error_during_execution","is_error":true,"result":"API Error: 529"}', 'API Error: 529'],
  ['codex-json', '{"type":"turn.failed","error":{"message":"stream disconnected"}}', 'stream disconnected'],
  ['gemini-stream-json', '{"type":"result","status":"error","error":{"type":"x","message":"quota"}}', 'quota'],
  ['opencode-json', '{"type":"error","error":{"name":"APIError","data":{"message":"no route"}}}', 'no route'],
] as const)('%s: a failure that it says itself', (format, line, detail) => {
  expect(parseLine(format, line)).toEqual([{ kind: 'failure', detail }])
})

it.each(OUTPUT_FORMATS.filter(format => format !== 'text'))('%s: a line that says nothing in it is left as it is, and one that is hostile breaks nothing', (format) => {
  for (const line of ['', 'npm warn deprecated', '[]', '{', '{"type":"surely not"}', '{"type":7}', 'null', '"text"'])
    expect(parseLine(format, line), line).toBeNull()
  for (const type of ['system', 'assistant', 'user', 'result', 'item.started', 'item.completed', 'init', 'message', 'tool_use', 'tool_result', 'step_start', 'text', 'error', 'turn.failed', 'thread.started']) {
    for (const more of [{}, { message: 1, item: [], part: null }, { message: { content: [1, null, {}, { type: 'tool_use' }, { type: 'text', text: [] }] }, item: { type: 'command_execution' }, part: { state: 'x' } }, { item: { type: 'todo_list', items: [{}, 3] } }])
      expect(() => parseLine(format, JSON.stringify({ type, ...more }))).not.toThrow()
  }
})

it('text: every line is a word of the agent', () => {
  expect(parseLine('text', '  # hello')).toEqual([{ kind: 'text', text: '  # hello\n' }])
})
