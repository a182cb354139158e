import type { McpClient, McpMessage, McpServerInfo } from '../../mcp/client.ts'
import type { Answer, Sender } from '../../network/send-request.ts'
import { createMcpClient, McpProblem } from '../../mcp/client.ts'
import { readBody, SendProblem } from '../../network/send-request.ts'
import { readSseEvents } from './read-sse.ts'

/** One session with an MCP server that speaks HTTP. */
export interface McpHttp {
  client: McpClient
  info: McpServerInfo
  /** False once the server has forgotten it. */
  isAlive: () => boolean
  close: () => Promise<void>
}

export interface McpHttpOptions {
  sender: Sender
  url: URL
  /** With the secrets filled in: for this server alone. */
  headers: Record<string, string>
  /** One answer may take so long. */
  timeoutMs: number
  signal: AbortSignal
}

/** Of one answer, all its events together. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024
const OPEN_TIMEOUT_MS = 20_000
const CLOSE_TIMEOUT_MS = 1000

/** Shakes hands: streamable HTTP, or the older way with a stream of events where the server knows no other. Rejects with McpProblem. */
export async function openMcpHttp(o: McpHttpOptions): Promise<McpHttp> {
  const streamable = connectStreamable(o)
  try {
    return { ...streamable, info: await streamable.client.open() }
  }
  catch (error) {
    await streamable.close()
    if (!streamable.mayBeOlder())
      throw error
  }
  const older = await connectByEvents(o)
  try {
    return { ...older, info: await older.client.open() }
  }
  catch (error) {
    await older.close()
    throw error
  }
}

type Connected = Omit<McpHttp, 'info'>

/** Each message is a request of its own; its answer is one message or a stream of events. */
function connectStreamable({ sender, url, headers, timeoutMs, signal }: McpHttpOptions): Connected & { mayBeOlder: () => boolean } {
  let session: string | null = null
  let protocol: string | null = null
  let isAlive = true
  let isOlder = false
  const ended = new AbortController()
  const client = createMcpClient({ send: message => void post(message) })
  const ours = (): Record<string, string> => ({
    ...headers,
    ...(session === null ? {} : { 'mcp-session-id': session }),
    ...(protocol === null ? {} : { 'mcp-protocol-version': protocol }),
  })
  return { client, isAlive: () => isAlive, close, mayBeOlder: () => isOlder }

  async function post(message: McpMessage): Promise<void> {
    const limit = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(Math.max(timeoutMs, OPEN_TIMEOUT_MS))])
    const id = message.method !== undefined && typeof message.id === 'number' ? message.id : null
    try {
      const answer = await sender.send({
        method: 'POST',
        url,
        headers: { ...ours(), 'accept': 'application/json, text/event-stream', 'content-type': 'application/json' },
        body: JSON.stringify(message),
        signal: limit,
      })
      await take(answer, message, id, limit)
      if (id !== null)
        client.refuse(id, 'its answer came to an end without an answer to the call')
    }
    catch (error) {
      if (id !== null)
        client.refuse(id, messageOf(error))
    }
  }

  async function take(answer: Answer, message: McpMessage, id: number | null, limit: AbortSignal): Promise<void> {
    const { status } = answer
    if (status >= 200 && status < 300) {
      const given = answer.headers['mcp-session-id']
      if (message.method === 'initialize' && typeof given === 'string' && /^[\x21-\x7E]{1,500}$/.test(given))
        session = given
      const receive = (received: unknown) => {
        if (id !== null && message.method === 'initialize')
          protocol = protocolOf(received) ?? protocol
        client.receive(received)
        return id !== null && answers(received, id)
      }
      if (/^\s*text\/event-stream/i.test(answer.headers['content-type'] ?? ''))
        return readSseEvents(answer, MAX_ANSWER_BYTES, ({ data }) => receive(parsed(data)))
      const { bytes, isCut } = await readBody(answer, MAX_ANSWER_BYTES, limit)
      if (isCut)
        throw new McpProblem(`its answer is longer than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`)
      if (bytes.length > 0 && id !== null)
        receive(parsed(bytes.toString()))
      return
    }
    isOlder = message.method === 'initialize' && (status === 400 || status === 404 || status === 405)
    if (status === 404 && session !== null)
      isAlive = false
    const { bytes } = await readBody(answer, 2000, limit)
    throw new McpProblem(`it answered with status ${status}${status >= 300 && status < 400 ? ' (a redirect, which is not followed: name the address that it leads to)' : ''}${bytes.length > 0 ? `: ${bytes.toString().trim().slice(0, 500)}` : ''}`)
  }

  async function close(): Promise<void> {
    isAlive = false
    client.fail('the run has ended')
    ended.abort()
    if (session === null)
      return
    await sender.send({ method: 'DELETE', url, headers: ours(), body: null, signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }).then(answer => answer.close(), () => {}) // a courtesy
  }
}

/** The way of 2024: one stream of events for all that it says, and an address to which is posted. */
async function connectByEvents({ sender, url, headers, signal }: McpHttpOptions): Promise<Connected> {
  let isAlive = true
  const ended = new AbortController()
  const limit = AbortSignal.any([signal, ended.signal])
  const endpoint = Promise.withResolvers<URL>()
  endpoint.promise.catch(() => {}) // whoever posts awaits it
  const client = createMcpClient({ send: message => void post(message) })
  const stream = await sender.send({ method: 'GET', url, headers: { ...headers, accept: 'text/event-stream' }, body: null, signal: limit }).catch((error: unknown) => {
    throw new McpProblem(messageOf(error))
  })
  if (stream.status !== 200 || !/^\s*text\/event-stream/i.test(stream.headers['content-type'] ?? '')) {
    stream.close()
    throw new McpProblem(`it speaks neither streamable HTTP nor the older way: a GET is answered with status ${stream.status}`)
  }
  void readSseEvents(stream, MAX_STREAM_BYTES, ({ event, data }) => {
    if (event === 'endpoint')
      choose(data)
    else
      client.receive(parsed(data))
    return false
  }).then(() => lose('its stream of events has ended'), (error: unknown) => lose(messageOf(error)))
  return {
    client,
    isAlive: () => isAlive,
    async close() {
      lose('the run has ended')
      ended.abort()
      stream.close()
    },
  }

  /** Headers with secrets go with it: to nobody else. */
  function choose(data: string): void {
    const target = URL.parse(data.trim(), url.href)
    if (target?.origin === url.origin)
      endpoint.resolve(target)
    else
      lose('it wants its messages sent to another server')
  }

  function lose(why: string): void {
    isAlive = false
    endpoint.reject(new McpProblem(why))
    client.fail(why)
  }

  async function post(message: McpMessage): Promise<void> {
    try {
      const answer = await sender.send({ method: 'POST', url: await endpoint.promise, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(message), signal: limit })
      answer.close()
      if (answer.status >= 300)
        throw new McpProblem(`it answered with status ${answer.status}`)
    }
    catch (error) {
      if (message.method !== undefined && typeof message.id === 'number')
        client.refuse(message.id, messageOf(error))
    }
  }
}

const MAX_STREAM_BYTES = 64 * 1024 * 1024

function protocolOf(message: unknown): string | null {
  const version = (message as { result?: { protocolVersion?: unknown } } | null)?.result?.protocolVersion // whatever it is
  return typeof version === 'string' && /^[\w.-]{1,40}$/.test(version) ? version : null
}

function answers(message: unknown, id: number): boolean {
  const messages: unknown[] = Array.isArray(message) ? message : [message]
  return messages.some(one => typeof one === 'object' && one !== null && 'id' in one && one.id === id && !('method' in one))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    throw new McpProblem('it answered with what is no JSON')
  }
}

function messageOf(error: unknown): string {
  if (error instanceof McpProblem || error instanceof SendProblem)
    return error.message.replace(/\.$/, '')
  return error instanceof Error ? error.message : String(error)
}
