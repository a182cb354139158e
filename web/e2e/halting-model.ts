import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { chunk } from '../../server/test/worker/scripted-model.ts'

export type Answer = { reasoning?: string, halves: [string, string] } | { shell: string }

/** An OpenAI-compatible endpoint that says each answer in two halves, the second one when it is let go on; the last answer again and again. */
export async function startHaltingModel(answers: Answer[]) {
  const held: (() => void)[] = []
  let asked = 0
  const server = createServer(async (request, response) => {
    const answer = answers[Math.min(asked++, answers.length - 1)]!
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if ('shell' in answer) {
      const command = { name: 'shell', arguments: JSON.stringify({ command: answer.shell }) }
      response.write(chunk({ tool_calls: [{ index: 0, id: 'call-0', type: 'function', function: command }] }))
      return response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`)
    }
    const { reasoning, halves } = answer
    if (reasoning)
      response.write(chunk({ reasoning_content: reasoning }))
    response.write(chunk({ content: halves[0] }))
    await new Promise<void>(resolve => held.push(resolve))
    response.write(chunk({ content: halves[1] }))
    response.write(chunk({}, 'stop', { usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }))
    response.end('data: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    /** For OPENAI_BASE_URL. */
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, // listening on TCP
    letGo: () => held.splice(0).forEach(go => go()),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
