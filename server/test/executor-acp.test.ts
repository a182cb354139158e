import { expect, it } from 'vitest'
import { dataOf, outputOf, performRun, startExecutor, testedWays } from './executor-harness.ts'

/** The least of an agent: it answers three questions, and shows what it was given. */
const AGENT = [
  'read -r hello; echo \'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}\'',
  'read -r session; echo \'{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}\'',
  'read -r task; printf \'%s\' "$task" >task.json',
  'echo \'{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"hello"}}}}\'',
  'echo on the side >&2; echo \'{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}\'',
  'read -r more; echo "more: $?" >>end',
].join('\n')

const places = [...testedWays().map(way => ({ level: 'sandbox' as const, sandboxBy: [way] })), { level: 'process' as const, sandboxBy: undefined }]

it.each(places)('at level $level ($sandboxBy) an agent has its standard input to itself, and what comes after it has none', async ({ level, sandboxBy }) => {
  await using host = await startExecutor(sandboxBy ? { sandboxBy } : {})
  const { outcome, events } = await performRun(host, {
    level,
    acp: { argv: ['sh', '-c', AGENT], prompt: 'say "hello"' },
    verify: ['cat task.json end; cat; readlink /proc/self/fd/6 || echo no pipe'],
  })
  expect(outcome).toMatchObject({ reason: 'completed', survivors: 0 })
  expect(dataOf(events, 'agent.message').map(({ text }) => text)).toEqual(['hello'])
  expect(outputOf(events, 'stderr')).toBe('on the side\n')
  const [task, ...rest] = outputOf(events).replace('}more', '}\nmore').trim().split('\n')
  expect(JSON.parse(task!)).toMatchObject({ method: 'session/prompt', params: { sessionId: 's', prompt: [{ type: 'text', text: 'say "hello"' }] } })
  expect(rest).toEqual(['more: 1', 'no pipe'])
})
