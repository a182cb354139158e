import { readdirSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** A server with no library, which keeps to the protocol as `how` says: `node plain-server.mjs <how>`. */
const how = process.argv[2]
const say = message => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const answer = (id, result) => say({ id, result })
const deep = levels => levels === 0 ? { type: 'string' } : { type: 'object', properties: { x: deep(levels - 1) } }
const add = { name: 'add', description: 'Adds.', inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] } }
const plain = name => ({ name, description: 'A tool.', inputSchema: { type: 'object' } })

const LISTS = {
  many: Array.from({ length: 400 }, (_, index) => plain(`tool-${String(index).padStart(3, '0')}`)),
  schemas: [plain('good'), { ...plain('deep'), inputSchema: { type: 'object', properties: { x: deep(40) } } }, { ...plain('big'), inputSchema: { type: 'object', description: 'x'.repeat(100_000) } }, { ...plain('array'), inputSchema: [] }, { name: 7 }, null, 'x'],
  names: [plain('do it'), plain('do.it'), plain('x'.repeat(150)), plain('good'), plain('good')],
  lies: { not: 'a list' },
  well: [add, ...['die', 'wait', 'long', 'where', 'picture'].map(plain)],
}

if (how === 'flood')
  setInterval(() => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(1000) } })}\n`.repeat(500)), 1)
if (how === 'long-line')
  process.stdout.write('x'.repeat(6 * 1024 * 1024))
if (how === 'noise')
  process.stdout.write('Welcome to my server!\n{"jsonrpc":\n\0\n[]\n7\n{"id":99,"result":{}}\n')
if (how === 'ends') {
  process.stderr.write('no configuration was found\n')
  process.exit(3)
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (how === 'silent' || id === undefined)
    return
  if (method === 'initialize')
    return answer(id, { protocolVersion: how === 'future' ? '2099-01-01' : params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: how, version: '0' } })
  if (method === 'tools/list')
    return answer(id, how === 'pages' ? { tools: [plain(`page-${params.cursor ?? 0}`)], nextCursor: String(Number(params.cursor ?? 0) + 1) } : { tools: LISTS[how] ?? [plain('good'), plain('asks'), plain('error'), plain('odd')] })
  if (method !== 'tools/call')
    return
  if (params.name === 'asks') {
    say({ id: 'mine', method: 'sampling/createMessage', params: {} })
    say({ id, method: 'roots/list' })
    return createInterface({ input: process.stdin }).once('line', told => answer(id, { content: [{ type: 'text', text: `told ${told}` }] }))
  }
  if (params.name === 'die')
    return process.exit(7)
  if (params.name === 'wait')
    return
  if (params.name === 'add')
    return answer(id, { content: [{ type: 'text', text: `the sum is ${params.arguments.a + params.arguments.b}` }] })
  if (params.name === 'long')
    return answer(id, { content: [{ type: 'text', text: `first ${'x'.repeat(100_000)} last` }] })
  if (params.name === 'where')
    return answer(id, { content: [{ type: 'text', text: JSON.stringify({ folder: process.cwd(), files: readdirSync('.').sort(), env: Object.keys(process.env).sort() }) }] })
  if (params.name === 'error')
    return say({ id, error: { code: -32000, message: 'y'.repeat(5000) } })
  if (params.name === 'odd')
    return answer(id, { content: [null, 7, { type: 'video' }, { type: 'image', data: 9 }, { type: 'text', text: ['x'] }], structuredContent: { a: 1 } })
  answer(id, { content: [{ type: 'text', text: 'good' }] })
})
