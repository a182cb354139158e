import type { TextStyle } from './ansi.ts'
import { PLAIN, styleAfter } from './ansi.ts'
import { createTextCleaner } from './clean-text.ts'

export type Stream = 'stdout' | 'stderr'

export interface OutputLine {
  /** Clean but for style sequences; `spansOf(text, style)` is how it is shown. */
  text: string
  /** In force where the line begins. */
  style: TextStyle
  stream: Stream
  /** Not a line of its own: the one before was too long to show as one. */
  continued: boolean
}

/** What a program wrote, as lines. Appending costs what is appended. */
export interface Output {
  readonly lines: OutputLine[]
  readonly bytes: number
  /** Returns the size of `text` in bytes. */
  append: (stream: Stream, text: string) => number
}

/** A longer line is shown as several; one line of 10 MB would stop the page. */
export const LONGEST_LINE = 2000

export function createOutput(): Output {
  const lines: OutputLine[] = []
  const cleaners = { stdout: createTextCleaner(), stderr: createTextCleaner() }
  const styles: Record<Stream, TextStyle> = { stdout: PLAIN, stderr: PLAIN }
  let bytes = 0
  /** The last line has no newline yet. */
  let open = false
  /** A carriage return came: what follows takes the place of the open line. */
  let returned = false

  function append(stream: Stream, text: string): number {
    const size = byteLength(text)
    bytes += size
    const cleaned = cleaners[stream].clean(text)
    let from = 0
    while (from < cleaned.length) {
      const newline = cleaned.indexOf('\n', from)
      write(stream, newline < 0 ? cleaned.slice(from) : cleaned.slice(from, newline))
      if (newline < 0)
        break
      if (!open)
        startLine(stream, false)
      open = false
      returned = false
      from = newline + 1
    }
    return size
  }

  /** Text without a newline; it may hold carriage returns and backspaces. */
  function write(stream: Stream, text: string): void {
    if (text === '')
      return
    if (!text.includes('\r') && !text.includes('\b')) {
      put(stream, text)
      return
    }
    for (const piece of text.split(/(\r|\u0008)/)) { // eslint-disable-line no-control-regex -- a backspace is one
      if (piece === '\r')
        returned = true
      else if (piece === '\b')
        erase()
      else if (piece !== '')
        put(stream, piece)
    }
  }

  function put(stream: Stream, text: string): void {
    let line = open ? lines.at(-1)! : startLine(stream, false)
    if (line.stream !== stream)
      line = startLine(stream, false)
    if (returned)
      line.text = ''
    returned = false
    line.text += text
    while (line.text.length > LONGEST_LINE) {
      const cut = cutAt(line.text)
      const rest = line.text.slice(cut)
      line.text = line.text.slice(0, cut)
      styles[stream] = styleAfter(line.text, line.style)
      line = startLine(stream, true)
      line.text = rest
    }
    styles[stream] = styleAfter(line.text, line.style)
  }

  function startLine(stream: Stream, continued: boolean): OutputLine {
    const line: OutputLine = { text: '', style: styles[stream], stream, continued }
    lines.push(line)
    open = true
    returned = false
    return line
  }

  function erase(): void {
    const line = open ? lines.at(-1) : undefined
    // Never into a style sequence: it ends in a letter that looks like text.
    if (line && !/\x1B\[[\d;:]{0,64}m$/.test(line.text)) // eslint-disable-line no-control-regex -- ESC begins a style
      line.text = line.text.slice(0, -1)
  }

  return {
    lines,
    get bytes() { return bytes },
    append,
  }
}

/** Not between the halves of a character nor inside a style sequence. */
function cutAt(text: string): number {
  const escape = text.lastIndexOf('\x1B', LONGEST_LINE - 1)
  if (escape > LONGEST_LINE - 40) {
    const end = text.indexOf('m', escape)
    if (end >= LONGEST_LINE)
      return escape || end + 1
  }
  const code = text.charCodeAt(LONGEST_LINE - 1)
  return code >= 0xD800 && code <= 0xDBFF ? LONGEST_LINE - 1 : LONGEST_LINE
}

const encoder = new TextEncoder()
const scratch = new Uint8Array(65536)

function byteLength(text: string): number {
  if (text.length * 3 > scratch.length)
    return encoder.encode(text).length
  return encoder.encodeInto(text, scratch).written
}
