import { Buffer } from 'node:buffer'

/** Cuts bytes into lines, whatever pieces they come in: a character is never cut, and no more than one line is held. */
export interface LineSplitter {
  push(bytes: Buffer): void
  /** What is left is the last line. */
  end(): void
}

export interface LineSplitterOptions {
  maxBytes: number
  /** Without its line feed; `hasEnd` is false for a last line that has none. */
  onLine: (line: Buffer, hasEnd: boolean) => void
  /** Once for each line that is longer, before its first piece. */
  onTooLong: () => void
  /** A piece of such a line, as it comes, with its line feed. */
  onLong: (piece: Buffer) => void
}

const LINE_FEED = 10

export function createLineSplitter(o: LineSplitterOptions): LineSplitter {
  let parts: Buffer[] = []
  let sizeBytes = 0
  let isLong = false
  return { push, end }

  function push(bytes: Buffer): void {
    let from = 0
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      hold(bytes.subarray(from, at))
      if (isLong)
        o.onLong(bytes.subarray(at, at + 1))
      else
        give(true)
      isLong = false
      from = at + 1
    }
    hold(bytes.subarray(from))
  }

  function hold(piece: Buffer): void {
    if (piece.length === 0)
      return
    if (!isLong && sizeBytes + piece.length <= o.maxBytes) {
      parts.push(piece)
      sizeBytes += piece.length
      return
    }
    if (!isLong) {
      isLong = true
      o.onTooLong()
      for (const part of parts)
        o.onLong(part)
      parts = []
      sizeBytes = 0
    }
    o.onLong(piece)
  }

  function give(hasEnd: boolean): void {
    const line = Buffer.concat(parts)
    parts = []
    sizeBytes = 0
    o.onLine(line, hasEnd)
  }

  function end(): void {
    if (sizeBytes > 0)
      give(false)
    isLong = false
  }
}
