/**
 * A scripted endpoint in the OpenAI format, as a process of its own: no model, no think time. A conversation without a tool's
 * result is answered with one call of the shell, one with a result with 20 pieces of text that end in `done-last`. The model
 * `silent` accepts and never answers. Prints its port.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import process from 'node:process'

interface Asked { model: string, messages: { role: string }[] }

const server = createServer((request, response) => void answer(request, response))
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`)) // It listens on TCP.
process.stdin.on('end', () => process.exit(0)).resume()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8'))
    body += chunk
  const { model, messages } = JSON.parse(body) as Asked // The benchmark's own requests.
  if (model === 'silent')
    return
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunk = (delta: object, finish: string | null = null) =>
    response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 0, model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`)
  if (messages.some(({ role }) => role === 'tool')) {
    for (let piece = 1; piece < 20; piece++)
      chunk({ content: `piece ${piece} ` })
    chunk({ content: 'done-last' })
    chunk({}, 'stop')
  }
  else {
    chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'shell', arguments: JSON.stringify({ command: 'echo hello' }) } }] })
    chunk({}, 'tool_calls')
  }
  response.end('data: [DONE]\n\n')
}
