import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { NewEvent } from '../domain/event.ts'
import type { Verdict } from './addresses.ts'
import type { Decision, NetworkRules } from './decide.ts'
import type { Resolve } from './resolve.ts'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { createDecide, judgeHere } from './decide.ts'
import { createReport } from './report.ts'
import { createResolve } from './resolve.ts'
import { denialText } from './texts.ts'

export interface SenderOptions extends NetworkRules {
  /** The manifest's words, for whoever is refused. */
  hosts: string[] | 'open'
  onEvent: (event: NewEvent) => void
  judge?: ((address: string) => Verdict) | undefined
  resolve?: Resolve | undefined
}

/** Sends requests of the worker's own for one run, each through the run's rules. Redirects are answers like any other. */
export interface Sender {
  /** Rejects with SendProblem. Whoever reads the body bounds it. */
  send: (request: OutgoingRequest) => Promise<Answer>
  /** Says how many connections the log left out. */
  close: () => void
}

export interface OutgoingRequest {
  method: string
  url: URL
  headers: Record<string, string>
  body: string | null
  /** Ends it, body and all. */
  signal: AbortSignal
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** With its content encoding undone. */
  body: Readable
  /** Cuts the connection. */
  close: () => void
}

/** `message` is for the model and for a person. `isRefused`: by our rules, nothing was sent. */
export class SendProblem extends Error {
  readonly isRefused: boolean
  constructor(message: string, { isRefused = false, cause }: { isRefused?: boolean, cause?: unknown } = {}) {
    super(message, { cause })
    this.isRefused = isRefused
  }
}

const MAX_HEADER_BYTES = 64 * 1024

export function createSender(o: SenderOptions): Sender {
  const decide = createDecide(o, o.judge ?? judgeHere, o.resolve ?? createResolve())
  const report = createReport(o.onEvent)
  return { send, close: report.close }

  async function send(request: OutgoingRequest): Promise<Answer> {
    const { url } = request
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new SendProblem(`Only http: and https: can be asked, not ${url.protocol}`, { isRefused: true })
    if (url.username || url.password)
      throw new SendProblem('A name and a password in the address are not sent. Send them in a header.', { isRefused: true })
    const decision = await decide(url.hostname, portOf(url))
    if (!decision.allow) {
      const { host, port, reason, detail } = decision
      report.denied({ host, port, reason: detail === undefined ? reason : `${reason} (${detail})` })
      throw new SendProblem(denialText(decision, o.hosts), { isRefused: true })
    }
    const message = await ask(request, decision, address => report.allowed({ host: decision.host, port: decision.port, address }))
    return { status: message.statusCode!, headers: message.headers, body: decoded(message), close: () => message.destroy() } // a response has a status
  }
}

/** Connects to the addresses that were decided upon, and no others: nobody asks for the name again. */
function ask(request: OutgoingRequest, decision: Extract<Decision, { allow: true }>, onConnect: (address: string) => void): Promise<IncomingMessage> {
  const { method, url, headers, body, signal } = request
  const { host, port, addresses } = decision
  return new Promise((resolve, reject) => {
    const bytes = body === null ? null : Buffer.from(body)
    const onward = (url.protocol === 'https:' ? requestHttps : requestHttp)({
      host,
      port,
      method,
      path: url.pathname + url.search,
      headers: { 'accept-encoding': 'gzip, deflate, br', ...headers, 'host': url.host, 'connection': 'close', ...(bytes ? { 'content-length': String(bytes.length) } : {}) },
      setHost: false,
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      lookup: (_name, { all }, answer) => {
        const found = addresses.map(address => ({ address, family: isIP(address) }))
        return all ? answer(null, found) : answer(null, found[0]!.address, found[0]!.family) // a decision that allows has one
      },
      signal,
    })
    onward.on('socket', socket => socket.once('connect', () => onConnect(socket.remoteAddress ?? addresses[0]!)))
    onward.on('response', resolve)
    onward.on('error', error => reject(new SendProblem(signal.aborted ? whyStopped(signal) : `${host}:${port} did not answer: ${error.message}`, { cause: error })))
    onward.end(bytes ?? undefined)
  })
}

/** Its errors are those of the connection, too. */
function decoded(message: IncomingMessage): Readable {
  const encoding = (message.headers['content-encoding'] ?? '').trim().toLowerCase()
  const decoder = DECODERS[encoding]
  if (!decoder || message.statusCode === 204 || message.statusCode === 304)
    return message
  const decompress = decoder()
  message.on('error', error => decompress.destroy(error))
  decompress.once('close', () => message.destroy())
  return message.pipe(decompress)
}

const DECODERS: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  'gzip': createGunzip,
  'x-gzip': createGunzip,
  'deflate': createInflate,
  'br': createBrotliDecompress,
}

function whyStopped({ reason }: AbortSignal): string {
  return reason instanceof Error && reason.name === 'TimeoutError' ? 'it took too long' : 'the run was stopped'
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

/** What a request or an answer says to its neighbour, and what only we may say. */
const OURS = new Set(['host', 'connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect', 'content-length', 'accept-encoding'])

/** Why a header may not be set; null when it may. */
export function whyNotHeader(name: string, value: string): string | null {
  if (!/^[\w!#$%&'*+.^`|~-]{1,200}$/.test(name))
    return `${JSON.stringify(name.slice(0, 50))} is no name of a header`
  if (OURS.has(name.toLowerCase()))
    return `${name} is not yours to set`
  return /[^\t\x20-\x7E\x80-\xFF]/.test(value) || value.length > 16_000 ? `the value of ${name} cannot be sent` : null
}

export interface ReadBody { bytes: Buffer, isCut: boolean }

/** Reads up to so many bytes and lets the rest go. Rejects with SendProblem when it breaks off. */
export async function readBody({ body, close }: Pick<Answer, 'body' | 'close'>, maxBytes: number, signal: AbortSignal): Promise<ReadBody> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  try {
    for await (const piece of body as AsyncIterable<Buffer>) { // it has no encoding, so it gives buffers
      const fitting = piece.subarray(0, maxBytes - sizeBytes)
      pieces.push(fitting)
      sizeBytes += fitting.length
      if (fitting.length < piece.length)
        return { bytes: Buffer.concat(pieces), isCut: true }
    }
    return { bytes: Buffer.concat(pieces), isCut: false }
  }
  catch (error) {
    throw new SendProblem(signal.aborted ? whyStopped(signal) : `The answer broke off: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  finally {
    close()
  }
}
