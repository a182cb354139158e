import { Buffer } from 'node:buffer'
import { readJsonValues } from './json-values.ts'

const LINE_FEED = 0x0A
const DATA = 'data:'

/** Reads a stream of server-sent events as it comes and gives the JSON of each; what is no JSON (`[DONE]`) is passed over. */
export function readSse(onValue: (value: unknown) => void): { push: (bytes: Uint8Array) => void, end: () => void } {
  let values: ReturnType<typeof readJsonValues> | null = null
  /** Of the line that is being read: its first bytes, as long as they may become `data:`. */
  let start = ''
  let kind: 'unknown' | 'data' | 'other' = 'unknown'

  function piece(bytes: Uint8Array): void {
    let from = 0
    while (kind === 'unknown' && from < bytes.length) {
      start += String.fromCharCode(bytes[from++]!)
      kind = start === DATA ? 'data' : DATA.startsWith(start) ? 'unknown' : 'other'
    }
    if (kind === 'data')
      feed(bytes.subarray(from))
  }

  function feed(bytes: Uint8Array): void {
    values ??= readJsonValues(onValue)
    if (!isJson(() => values!.push(bytes)))
      values = IGNORED // until the event ends
  }

  function endLine(): void {
    const isBlank = start === '' || start === '\r'
    start = ''
    kind = 'unknown'
    if (isBlank)
      endEvent()
  }

  function endEvent(): void {
    const ended = values
    values = null
    isJson(() => ended?.end())
  }

  return {
    push(bytes) {
      let from = 0
      for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
        piece(bytes.subarray(from, at))
        endLine()
        from = at + 1
      }
      piece(bytes.subarray(from))
    },
    end: endEvent,
  }
}

function isJson(read: () => void): boolean {
  try {
    read()
    return true
  }
  catch {
    return false
  }
}

const IGNORED: ReturnType<typeof readJsonValues> = { push: () => {}, end: () => {} }

const MAX_EVENT_BYTES = 64 * 1024

/**
 * Lets a chat stream pass but for the event that says the usage alone, which an agent that has not asked for it does not expect.
 * Each event waits until it is whole; one that is too long to be that event goes on at once.
 */
export function createUsageHider(): { push: (bytes: Buffer) => Buffer[], end: () => Buffer[] } {
  let waiting: Buffer = Buffer.alloc(0)
  return {
    push(bytes) {
      waiting = waiting.length > 0 ? Buffer.concat([waiting, bytes]) : bytes
      const passed: Buffer[] = []
      for (let end = endOfEvent(waiting); end > 0; end = endOfEvent(waiting)) {
        const event = waiting.subarray(0, end)
        waiting = waiting.subarray(end)
        if (!saysUsageAlone(event))
          passed.push(event)
      }
      if (waiting.length > MAX_EVENT_BYTES) {
        passed.push(waiting)
        waiting = Buffer.alloc(0)
      }
      return passed
    },
    end: () => [waiting],
  }
}

/** After the blank line; -1 when there is none yet. */
function endOfEvent(bytes: Buffer): number {
  const ends = ['\n\n', '\r\n\r\n'].flatMap((blank) => {
    const at = bytes.indexOf(blank)
    return at < 0 ? [] : [at + blank.length]
  })
  return ends.length > 0 ? Math.min(...ends) : -1
}

function saysUsageAlone(event: Buffer): boolean {
  let found = false
  const reader = readSse((value) => {
    const { choices, usage } = (value ?? {}) as { choices?: unknown, usage?: unknown }
    found = Array.isArray(choices) && choices.length === 0 && typeof usage === 'object' && usage !== null
  })
  if (event.includes('"usage"'))
    reader.push(event)
  return found
}
