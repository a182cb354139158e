import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { request as send } from 'node:http'
import { normaliseHost } from '../domain/host-pattern.ts'

/** What a request in absolute form asks for. */
export interface Target { host: string, port: number, path: string, authority: string }

const MAX_HEADER_BYTES = 16 * 1024
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect', 'host'])

/** The target of `GET http://host/path`; its Host has to say the same, for the two may be read by two servers. */
export function targetOf(request: IncomingMessage): Target | { problem: string } {
  const url = URL.parse(request.url ?? '')
  if (!url || url.protocol !== 'http:' || !/^http:\/\//i.test(request.url ?? ''))
    return { problem: 'This is a proxy: it expects CONNECT host:port, or a request for http://host/path.' }
  if (url.username || url.password)
    return { problem: 'A name and a password in the address are not passed on. Send them in a header.' }
  const host = normaliseHost(url.hostname)
  const port = url.port === '' ? 80 : Number(url.port)
  const given = request.headers.host === undefined ? null : URL.parse(`http://${request.headers.host}/`)
  if (host === null || !given || normaliseHost(given.hostname) !== host || (given.port === '' ? 80 : Number(given.port)) !== port)
    return { problem: 'The Host header names another host than the address.' }
  return { host, port, path: url.pathname + url.search, authority: url.host }
}

/** Sends it on over `socket` as a request of our own: parsed, and written again. */
export function forward(request: IncomingMessage, response: ServerResponse, target: Target, socket: Socket): void {
  const onward = send({
    createConnection: () => socket, // With any `agent`, false too, it would connect by itself.
    method: request.method!, // a server's request has one
    path: target.path,
    headers: { ...passedOn(request), host: target.authority, connection: 'close', ...('transfer-encoding' in request.headers ? { 'transfer-encoding': 'chunked' } : {}) },
    setHost: false,
    maxHeaderSize: MAX_HEADER_BYTES,
  })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode!, answer.statusMessage, { ...passedOn(answer), connection: 'close' }) // a response has a status
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  onward.on('error', () => {
    if (response.headersSent)
      response.destroy()
    else
      response.writeHead(502, { connection: 'close' }).end(`${target.authority} ended the connection without an answer.\n`)
  })
  response.once('close', () => onward.destroy())
  request.on('error', () => onward.destroy()).pipe(onward)
}

/** All headers but those that are between two neighbours, or for a proxy. */
function passedOn(message: IncomingMessage): Record<string, string[]> {
  const named = (message.headers.connection ?? '').toLowerCase().split(',').map(name => name.trim())
  return Object.fromEntries(Object.entries(message.headersDistinct).flatMap(([name, values]) =>
    values && !HOP_BY_HOP.has(name) && !name.startsWith('proxy-') && !named.includes(name) ? [[name, values]] : []))
}
