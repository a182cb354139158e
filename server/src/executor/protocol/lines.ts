import type { Readable } from 'node:stream'

/** The longest line of the protocol. The longest that is sent is a model's whole conversation, which the llm loop holds far below it. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024

/** Calls back for each line of a stream, without the line feed; once with `onTooLong`, and no more, when a line passes the maximum. */
export function readLines(stream: Readable, o: { maxBytes: number, onLine: (line: string) => void, onTooLong: () => void }): void {
  let parts: Buffer[] = []
  let sizeBytes = 0
  let isTooLong = false
  stream.on('data', (chunk: Buffer) => {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0 && !isTooLong; at = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, at))
      if (!isTooLong)
        o.onLine(Buffer.concat(parts).toString())
      parts = []
      sizeBytes = 0
      from = at + 1
    }
    if (!isTooLong)
      keep(chunk.subarray(from))
  })

  function keep(part: Buffer): void {
    sizeBytes += part.length
    if (sizeBytes > o.maxBytes) {
      isTooLong = true
      parts = []
      o.onTooLong()
    }
    else if (part.length > 0) {
      parts.push(part)
    }
  }
}
