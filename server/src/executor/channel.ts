import type { Readable, Writable } from 'node:stream'
import type { ExecutorInput, ModelChunk, Reply, ReplyValue } from './protocol/input.ts'
import type { ExecutorAsk, ExecutorOutput } from './protocol/output.ts'
import { MAX_LINE_BYTES, readLines } from './protocol/lines.ts'

/** The executor's side of the pipe to the worker. */
export interface Channel {
  send(message: ExecutorOutput): void
  /** Rejects with AskRefused when the worker says no, or the message is longer than the protocol allows. */
  ask(runId: string, ask: ExecutorAsk, onChunk?: (text: string) => void): Promise<ReplyValue>
  /** True while the worker is behind: whoever can, waits for `onRoom`. */
  isFull(): boolean
  onRoom(callback: () => void): void
}

/** The worker refused or could not do what was asked; `message` is its word. */
export class AskRefused extends Error {}

const FULL_BYTES = 2 * 1024 * 1024

export function createChannel(o: {
  input: Readable
  output: Writable
  onMessage: (message: Exclude<ExecutorInput, Reply | ModelChunk>) => void
  onEnd: () => void
}): Channel {
  const asked = new Map<string, { resolve: (value: ReplyValue) => void, reject: (error: Error) => void, onChunk?: ((text: string) => void) | undefined }>()
  let waiting: (() => void)[] = []
  let lastRequest = 0

  readLines(o.input, { maxBytes: Infinity, onLine: line => receive(JSON.parse(line) as ExecutorInput), onTooLong: () => {} })
  o.input.on('end', o.onEnd).on('error', o.onEnd)
  o.output.on('error', o.onEnd).on('drain', () => {
    const callbacks = waiting
    waiting = []
    for (const callback of callbacks)
      callback()
  })
  return { send, ask, isFull, onRoom: callback => void waiting.push(callback) }

  function send(message: ExecutorOutput): void {
    write(JSON.stringify(message))
  }

  function ask(runId: string, what: ExecutorAsk, onChunk?: (text: string) => void): Promise<ReplyValue> {
    const request = ++lastRequest
    const line = JSON.stringify({ type: 'request', runId, request, ask: what } satisfies ExecutorOutput)
    if (Buffer.byteLength(line) > MAX_LINE_BYTES)
      return Promise.reject(new AskRefused(`a message of ${Buffer.byteLength(line)} bytes was to be sent to the worker; ${MAX_LINE_BYTES} are allowed`))
    return new Promise((resolve, reject) => {
      asked.set(`${runId} ${request}`, { resolve, reject, onChunk })
      write(line)
    })
  }

  function isFull(): boolean {
    return o.output.writableLength > FULL_BYTES
  }

  function write(line: string): void {
    o.output.write(`${line}\n`)
  }

  function receive(message: ExecutorInput): void {
    if (message.type === 'reply') {
      const key = `${message.runId} ${message.request}`
      const pending = asked.get(key)
      asked.delete(key)
      if (message.ok)
        pending?.resolve(message.value)
      else
        pending?.reject(new AskRefused(message.error))
    }
    else if (message.type === 'model.chunk') {
      asked.get(`${message.runId} ${message.request}`)?.onChunk?.(message.text)
    }
    else {
      o.onMessage(message)
    }
  }
}
