import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * OpenAI chat and Responses, Anthropic messages and Gemini on one socket. It thinks nothing and is called scripted: whoever has a shell
 * among its tools is told to run one command, and once the result of that is there, to be done; everybody else gets a word.
 */
export interface ScriptedServer {
  url: string
  /** What it was sent: path, the key shown, and how many tools there were. */
  requests: { path: string, key: string, tools: string[] }[]
  /** What the next agents are told to run. */
  command: string
  stop: () => Promise<void>
}

interface Asked { tools: Tool[], hasResult: boolean, body: Record<string, unknown> }
interface Tool { name: string, schema: { properties?: Record<string, { type?: string }> } }
interface Call { name: string, input: Record<string, unknown> }

const SHELLS = /^(?:bash|shell|exec_command|shell_command|run_shell_command|container\.exec)$/i
const DONE = 'The file is written.'

export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: ScriptedServer['requests'] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request)
      pieces.push(piece as Buffer) // an IncomingMessage without an encoding yields buffers
    const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, unknown>
    const path = request.url!.split('?')[0]! // a server's request has one
    const format = Object.entries(FORMATS).find(([end]) => path.endsWith(end))?.[1]
    const asked = { tools: toolsOf(body), hasResult: /"(?:tool_call_id|tool_use_id|function_call_output|functionResponse)"/.test(JSON.stringify(body)), body }
    requests.push({ path, key: keyOf(request), tools: asked.tools.map(({ name }) => name) })
    if (!format)
      return void response.writeHead(404).end()
    format(response, asked, asked.hasResult ? null : callOf(asked.tools, scripted.command))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const scripted: ScriptedServer = {
    command: 'true',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // listening on TCP
    requests,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return scripted
}

function keyOf({ headers }: IncomingMessage): string {
  return String(headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers.authorization ?? '').replace(/^Bearer /, '')
}

/** Each vendor writes a list of tools in its own way. */
function toolsOf(body: Record<string, unknown>): Tool[] {
  const list = Array.isArray(body.tools) ? body.tools as Record<string, any>[] : []
  return list.flatMap(tool => tool.functionDeclarations ?? [tool.function ?? tool])
    .filter(tool => typeof tool.name === 'string')
    .map(tool => ({ name: tool.name, schema: tool.input_schema ?? tool.parameters ?? tool.parametersJsonSchema ?? {} }))
}

function callOf(tools: Tool[], command: string): Call | null {
  const tool = tools.find(({ name }) => SHELLS.test(name))
  if (!tool)
    return null
  const properties = tool.schema.properties ?? {}
  const key = ['command', 'cmd'].find(name => name in properties) ?? 'command'
  const value = properties[key]?.type === 'array' ? ['sh', '-c', command] : command
  return { name: tool.name, input: { [key]: value, ...('description' in properties ? { description: 'Writes a file' } : {}) } }
}

const FORMATS: Record<string, (response: ServerResponse, asked: Asked, call: Call | null) => void> = {
  '/chat/completions': chat,
  '/responses': responses,
  '/messages': messages,
  '/messages/count_tokens': response => json(response, { input_tokens: 11 }),
  ':generateContent': (response, _, call) => json(response, geminiPart(call)),
  ':streamGenerateContent': (response, _, call) => stream(response, [geminiPart(call)]),
  ':countTokens': response => json(response, { totalTokens: 11 }),
}

function chat(response: ServerResponse, { body }: Asked, call: Call | null): void {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }
  const toolCalls = call && [{ index: 0, id: 'call-1', type: 'function', function: { name: call.name, arguments: JSON.stringify(call.input) } }]
  const message = { role: 'assistant', content: call ? null : DONE, ...(toolCalls && { tool_calls: toolCalls }) }
  const finish = call ? 'tool_calls' : 'stop'
  const head = { id: 'scripted', model: 'scripted', created: 1 }
  if (body.stream !== true)
    return json(response, { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: finish }], usage })
  const chunk = { ...head, object: 'chat.completion.chunk' }
  stream(response, [
    { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    { ...chunk, choices: [], usage },
  ], '[DONE]')
}

function responses(response: ServerResponse, _: Asked, call: Call | null): void {
  const item = call
    ? { type: 'function_call', id: 'item-1', call_id: 'call-1', name: call.name, arguments: JSON.stringify(call.input), status: 'completed' }
    : { type: 'message', id: 'item-1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: DONE, annotations: [] }] }
  const details = { input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } }
  const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18, ...details }
  const whole = { id: 'scripted', object: 'response', model: 'scripted', status: 'completed', output: [item], usage }
  namedStream(response, [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_item.added', output_index: 0, item },
    ...(call ? [] : [{ type: 'response.output_text.delta', item_id: 'item-1', output_index: 0, content_index: 0, delta: DONE }]),
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ])
}

function messages(response: ServerResponse, { body }: Asked, call: Call | null): void {
  const usage = { input_tokens: 11, output_tokens: 7 }
  const block = call ? { type: 'tool_use', id: 'toolu_1', name: call.name, input: call.input } : { type: 'text', text: DONE }
  const stopReason = call ? 'tool_use' : 'end_turn'
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: body.model, stop_sequence: null }
  if (body.stream !== true)
    return json(response, { ...head, content: [block], stop_reason: stopReason, usage })
  namedStream(response, [
    { type: 'message_start', message: { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: call ? { ...block, input: {} } : { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: call ? { type: 'input_json_delta', partial_json: JSON.stringify(call.input) } : { type: 'text_delta', text: DONE } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ])
}

function geminiPart(call: Call | null): object {
  const part = call ? { functionCall: { name: call.name, args: call.input } } : { text: DONE }
  return {
    candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 },
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function stream(response: ServerResponse, values: unknown[], last?: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(values.map(value => `data: ${JSON.stringify(value)}\n\n`).join('') + (last ? `data: ${last}\n\n` : ''))
}

function namedStream(response: ServerResponse, values: ({ type: string } & Record<string, unknown>)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(values.map((value, index) => `event: ${value.type}\ndata: ${JSON.stringify({ ...value, sequence_number: index })}\n\n`).join(''))
}
