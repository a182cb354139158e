import { VERSION } from '../version.ts'

/**
 * Our side of the Model Context Protocol: initialise, list tools, call them. It knows no transport: what it says goes to `send`, what the
 * server says comes in by `receive`. The server is hostile: nothing that it sends is kept but the answer to a question of ours, and it may
 * ask for nothing but a sign of life.
 */
export interface McpClient {
  /** Rejects with McpProblem, as all of them. */
  open: () => Promise<McpServerInfo>
  /** All pages, as the server lists them. */
  listTools: () => Promise<unknown[]>
  callTool: (name: string, input: Record<string, unknown>, o: { timeoutMs: number, signal?: AbortSignal }) => Promise<unknown>
  /** One message of the server's, parsed. */
  receive: (message: unknown) => void
  /** One question of ours did not reach it. */
  refuse: (id: number, why: string) => void
  /** The connection is gone: all that waits is answered with it, and whatever is asked from now on. */
  fail: (why: string) => void
  /** What the server said that we did not ask for. */
  readonly unasked: number
}

export interface McpServerInfo { name: string, version: string, protocol: string }

export interface McpMessage { jsonrpc: '2.0', id?: number | string, method?: string, params?: unknown, result?: unknown, error?: unknown }

/** `message` is for a person and for the model. */
export class McpProblem extends Error {}

/** The newest first, which is the one that is asked for. */
const PROTOCOLS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
const OPEN_TIMEOUT_MS = 20_000
const LIST_TIMEOUT_MS = 20_000
const MAX_PAGES = 20
const MAX_LISTED = 500
/** A server that asks more often gets no answer. */
const MAX_ANSWERED = 1000
const MAX_BATCH = 100

export function createMcpClient({ send }: { send: (message: McpMessage) => void }): McpClient {
  const waiting = new Map<number, { resolve: (result: unknown) => void, reject: (problem: McpProblem) => void }>()
  let lastId = 0
  let gone: string | null = null
  let unasked = 0

  return { open, listTools, callTool, receive, refuse, fail, get unasked() { return unasked } }

  async function open(): Promise<McpServerInfo> {
    const answer = await ask('initialize', { protocolVersion: PROTOCOLS[0], capabilities: {}, clientInfo: { name: 'agentos', version: VERSION } }, { timeoutMs: OPEN_TIMEOUT_MS })
    const { protocolVersion, serverInfo, capabilities } = recordOf(answer)
    if (typeof protocolVersion !== 'string' || !PROTOCOLS.includes(protocolVersion))
      throw new McpProblem(`it speaks version ${JSON.stringify(protocolVersion)?.slice(0, 40)} of the protocol; we speak ${PROTOCOLS.join(', ')}`)
    if (recordOf(capabilities).tools === undefined)
      throw new McpProblem('it has no tools')
    send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    const { name, version } = recordOf(serverInfo)
    return { name: shortText(name), version: shortText(version), protocol: protocolVersion }
  }

  async function listTools(): Promise<unknown[]> {
    const tools: unknown[] = []
    const until = performance.now() + LIST_TIMEOUT_MS
    let cursor: string | undefined
    for (let page = 0; page < MAX_PAGES && tools.length < MAX_LISTED; page++) {
      const answer = recordOf(await ask('tools/list', cursor === undefined ? {} : { cursor }, { timeoutMs: Math.max(1, until - performance.now()) }))
      if (!Array.isArray(answer.tools))
        throw new McpProblem('its list of tools is no list')
      tools.push(...answer.tools.slice(0, MAX_LISTED - tools.length))
      if (typeof answer.nextCursor !== 'string' || answer.nextCursor.length > 10_000)
        break
      cursor = answer.nextCursor
    }
    return tools
  }

  function callTool(name: string, input: Record<string, unknown>, o: { timeoutMs: number, signal?: AbortSignal }): Promise<unknown> {
    return ask('tools/call', { name, arguments: input }, o)
  }

  function ask(method: string, params: unknown, { timeoutMs, signal }: { timeoutMs: number, signal?: AbortSignal }): Promise<unknown> {
    if (gone !== null)
      return Promise.reject(new McpProblem(gone))
    const id = ++lastId
    return new Promise((resolve, reject) => {
      const giveUp = (why: string) => {
        settle()
        if (method !== 'initialize')
          send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason: why } })
        reject(new McpProblem(why))
      }
      const timer = setTimeout(giveUp, timeoutMs, `it did not answer within ${Math.round(timeoutMs / 100) / 10} s`)
      const onAbort = () => giveUp('the run was stopped')
      const settle = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        waiting.delete(id)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      waiting.set(id, {
        resolve(result) {
          settle()
          resolve(result)
        },
        reject(problem) {
          settle()
          reject(problem)
        },
      })
      send({ jsonrpc: '2.0', id, method, params })
    })
  }

  function receive(message: unknown): void {
    if (Array.isArray(message)) // a batch, of older versions
      return message.slice(0, MAX_BATCH).forEach(receive)
    const { id, method, result, error } = recordOf(message)
    const asked = method === undefined && typeof id === 'number' ? waiting.get(id) : undefined
    if (asked) {
      if (error === undefined)
        asked.resolve(result)
      else
        asked.reject(new McpProblem(`it answered with an error: ${shortText(recordOf(error).message, 1000)}`))
      return
    }
    unasked++
    if (typeof method !== 'string' || !(typeof id === 'number' || (typeof id === 'string' && id.length < 200)) || unasked > MAX_ANSWERED || gone !== null)
      return // a notification, an answer that comes too late, or noise
    send(method === 'ping' ? { jsonrpc: '2.0', id, result: {} } : { jsonrpc: '2.0', id, error: { code: -32601, message: 'not offered by this client' } })
  }

  function refuse(id: number, why: string): void {
    waiting.get(id)?.reject(new McpProblem(why))
  }

  function fail(why: string): void {
    gone ??= why
    for (const { reject } of [...waiting.values()])
      reject(new McpProblem(why))
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {} // an object has any keys
}

function shortText(value: unknown, maxCharacters = 100): string {
  return typeof value === 'string' ? value.slice(0, maxCharacters) : ''
}
