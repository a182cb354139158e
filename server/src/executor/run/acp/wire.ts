import type { Writable } from 'node:stream'
import type { JsonObject } from '../json.ts'
import { asObject, asText, parseObject } from '../json.ts'

/**
 * Our side of JSON-RPC over an agent's standard input and output, one object a line. The agent is not trusted: what it may send at a time
 * is counted, and what breaks the protocol ends the conversation.
 */
export interface Wire {
  /** False: no line of the protocol, and shown as it is. */
  take(line: string): boolean
  /** Never rejects. */
  request(method: string, params: object, timeoutMs?: number): Promise<Answer>
  notify(method: string, params: object): void
  /** Every question that is open is answered `closed`; nothing is sent or taken any more. */
  close(): void
}

export type Answer
  = | { ok: true, result: JsonObject }
    | { ok: false, why: 'error', code: number | null, message: string }
    | { ok: false, why: 'late' | 'closed', message: string }

export interface WireOptions {
  /** Called for one notification after another, in the order in which they came. */
  onNotification: (method: string, params: JsonObject) => void
  /** The answer; null when there is no such method. */
  onRequest: (method: string, params: JsonObject) => Promise<object> | null
  onBreach: (detail: string) => void
}

const MAX_ASKED_AT_A_TIME = 32
const MAX_UNREAD_BYTES = 1024 * 1024
/** Words of a package manager or a wrapper, before the agent itself speaks. */
const MAX_OTHER_LINES = 500
const METHOD_NOT_FOUND = -32_601
const INTERNAL_ERROR = -32_603

export function createWire(input: Writable, o: WireOptions): Wire {
  const open = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  let asked = 0
  let otherLines = 0
  let isClosed = false
  return { take, request, notify, close }

  function take(line: string): boolean {
    const text = line.trim()
    if (isClosed || text === '')
      return true
    if (!text.startsWith('{')) {
      if (++otherLines > MAX_OTHER_LINES)
        breach(`it wrote more than ${MAX_OTHER_LINES} lines that are no messages`)
      return false
    }
    const message = parseObject(text)
    if (message?.jsonrpc !== '2.0') {
      breach(message ? 'it wrote an object that is no JSON-RPC 2.0 message' : 'it wrote a line that begins as JSON and is none')
      return false
    }
    receive(message)
    return true
  }

  function receive(message: JsonObject): void {
    const { id } = message
    const method = asText(message.method)
    const isId = typeof id === 'number' || (typeof id === 'string' && id.length <= 200)
    if (method !== null && id === undefined)
      o.onNotification(method, asObject(message.params) ?? {})
    else if (method !== null && isId)
      void answer(id, method, asObject(message.params) ?? {})
    else if (method === null && typeof id === 'number')
      settle(id, message)
    else if (method !== null || !isId)
      breach('it wrote a message with neither a method nor an id')
  }

  async function answer(id: number | string, method: string, params: JsonObject): Promise<void> {
    if (asked >= MAX_ASKED_AT_A_TIME)
      return breach(`it asked more than ${MAX_ASKED_AT_A_TIME} questions at a time`)
    asked++
    try {
      const answering = o.onRequest(method, params)
      if (answering)
        send({ id, result: await answering })
      else
        send({ id, error: { code: METHOD_NOT_FOUND, message: `there is no method ${method.slice(0, 100)} here` } })
    }
    catch (error) {
      send({ id, error: { code: INTERNAL_ERROR, message: error instanceof Error ? error.message : String(error) } })
    }
    asked--
  }

  /** One that nobody waits for any more is passed over. */
  function settle(id: number, message: JsonObject): void {
    const error = asObject(message.error)
    const give = open.get(id)
    open.delete(id)
    give?.(error
      ? { ok: false, why: 'error', code: typeof error.code === 'number' ? error.code : null, message: describe(error) }
      : { ok: true, result: asObject(message.result) ?? {} })
  }

  function request(method: string, params: object, timeoutMs?: number): Promise<Answer> {
    if (isClosed)
      return Promise.resolve(CLOSED)
    const id = ++lastId
    return new Promise((resolve) => {
      const give = (answer: Answer) => {
        clearTimeout(timer)
        resolve(answer)
      }
      const timer = timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            open.delete(id)
            resolve({ ok: false, why: 'late', message: `it did not answer ${method} within ${timeoutMs / 1000} s` })
          }, timeoutMs)
      open.set(id, give)
      send({ id, method, params })
    })
  }

  function notify(method: string, params: object): void {
    send({ method, params })
  }

  function send(message: object): void {
    if (isClosed || !input.writable)
      return
    input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    if (input.writableLength > MAX_UNREAD_BYTES)
      breach('it does not read what it is sent')
  }

  function breach(detail: string): void {
    if (isClosed)
      return
    o.onBreach(detail)
    close()
  }

  function close(): void {
    isClosed = true
    for (const give of open.values())
      give(CLOSED)
    open.clear()
  }
}

const CLOSED: Answer = { ok: false, why: 'closed', message: 'it ended before it answered' }

/** Agents put what they know into `data`. */
function describe({ message, data }: JsonObject): string {
  const more = asText(data) ?? asText(asObject(data)?.details) ?? asText(asObject(data)?.message)
  return [asText(message) ?? 'an error without a message', more].filter(Boolean).join(': ').slice(0, 2000)
}
