import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * An OpenAI-compatible endpoint on a real socket that says what a test tells it to: one turn a request, the last one
 * again and again. It thinks nothing, and is called scripted wherever it is used.
 */
export interface ScriptedModel {
  /** For OPENAI_BASE_URL. */
  baseUrl: string
  /** Since the last `play`. */
  requests: ScriptedRequest[]
  /** Another script, from its first turn. */
  play: (turns: Turn[]) => void
  stop: () => Promise<void>
}

export interface ScriptedRequest {
  authorization: string | undefined
  body: {
    model: string
    temperature?: number
    messages: { role: string, content?: unknown, tool_calls?: unknown[], tool_call_id?: string }[]
    tools?: { function: { name: string } }[]
  }
}

export type Turn
  = | { say: string, reasoning?: string, finish?: string }
    | { call: { tool: string, input: unknown }[], say?: string }
    | { status: number, body?: string, headers?: Record<string, string> }
    /** Written as they are, then the connection is cut (or left open and silent). */
    | { raw: string[], then: 'end' | 'cut' | 'silence' }
    | { silence: true }
    | ((request: ScriptedRequest) => Turn)

export async function startScriptedModel(script: Turn[]): Promise<ScriptedModel> {
  let turns = script
  const requests: ScriptedRequest[] = []
  const server = createServer(async (request, response) => {
    const body = await readBody(request)
    const seen: ScriptedRequest = { authorization: request.headers.authorization, body: JSON.parse(body) }
    requests.push(seen)
    answer(response, turns[Math.min(requests.length, turns.length) - 1]!, seen)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    play(next) {
      turns = next
      requests.length = 0
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(response: ServerResponse, turn: Turn, request: ScriptedRequest): void {
  if (typeof turn === 'function')
    return answer(response, turn(request), request)
  if ('silence' in turn)
    return
  if ('status' in turn) {
    response.writeHead(turn.status, { 'content-type': 'application/json', ...turn.headers })
    response.end(turn.body ?? JSON.stringify({ error: { message: `scripted ${turn.status}` } }))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if ('raw' in turn) {
    for (const piece of turn.raw)
      response.write(piece)
    if (turn.then === 'end')
      response.end()
    else if (turn.then === 'cut')
      setImmediate(() => response.socket?.resetAndDestroy())
    return
  }
  for (const piece of 'call' in turn ? callChunks(turn) : sayChunks(turn))
    response.write(piece)
  response.end('data: [DONE]\n\n')
}

export function chunk(delta: unknown, finish: string | null = null, more: object = {}): string {
  return `data: ${JSON.stringify({ id: 'scripted', object: 'chat.completion.chunk', model: 'scripted', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`
}

const USAGE = { usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, prompt_tokens_details: { cached_tokens: 3 } } }

function sayChunks({ say, reasoning, finish }: { say: string, reasoning?: string, finish?: string }): string[] {
  return [
    ...(reasoning ? [chunk({ reasoning_content: reasoning })] : []),
    ...say.split(/(?<= )/).map(word => chunk({ content: word })),
    chunk({}, finish ?? 'stop', USAGE),
  ]
}

function callChunks({ call, say }: { call: { tool: string, input: unknown }[], say?: string }): string[] {
  const pieces = say ? [chunk({ content: say })] : []
  call.forEach(({ tool, input }, index) => {
    const json = typeof input === 'string' ? input : JSON.stringify(input)
    const half = Math.ceil(json.length / 2)
    pieces.push(chunk({ tool_calls: [{ index, id: `call-${index}`, type: 'function', function: { name: tool, arguments: json.slice(0, half) } }] }))
    pieces.push(chunk({ tool_calls: [{ index, function: { arguments: json.slice(half) } }] }))
  })
  return [...pieces, chunk({}, 'tool_calls', USAGE)]
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request)
    pieces.push(piece as Buffer) // an IncomingMessage without an encoding yields buffers
  return Buffer.concat(pieces).toString()
}
