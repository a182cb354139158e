import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'

/** A provider on a real socket that answers what a test tells it to, and keeps what it was sent. It thinks nothing: it is scripted. */
export interface ScriptedProvider {
  url: string
  requests: { method: string, url: string, headers: IncomingHttpHeaders, body: string }[]
  /** Connections that were cut before their answer was whole. */
  left: () => number
}

export type Script = (response: ServerResponse, request: IncomingMessage) => void

export async function startScriptedProvider(script: Script): Promise<ScriptedProvider> {
  const requests: ScriptedProvider['requests'] = []
  let left = 0
  const server = createServer(async (request, response) => {
    response.on('close', () => left += response.writableFinished ? 0 : 1)
    const pieces: Buffer[] = []
    for await (const piece of request)
      pieces.push(piece as Buffer) // an IncomingMessage without an encoding yields buffers
    requests.push({ method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(pieces).toString() })
    script(response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, left: () => left } // listening on TCP
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Script {
  return response => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

/** Each piece by itself, as a network might bring it. */
export function stream(pieces: string[], end: 'end' | 'cut' | 'silence' = 'end'): Script {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) {
      response.write(piece)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    if (end === 'end')
      response.end()
    else if (end === 'cut')
      response.socket?.resetAndDestroy()
  }
}

export function events(values: unknown[]): string[] {
  return values.map(value => `data: ${JSON.stringify(value)}\n\n`)
}

/** As Anthropic and OpenAI Responses write them. */
export function namedEvents(values: { type: string }[]): string[] {
  return values.map(value => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`)
}
