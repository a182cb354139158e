import type { HiddenValue, Patterns } from './patterns.ts'
import type { RedactingStream } from './scan.ts'
import { MIN_FORM_CHARACTERS } from './forms.ts'
import { compilePatterns } from './patterns.ts'
import { createRedactingStream } from './scan.ts'

export type { HiddenValue } from './patterns.ts'
export type { RedactingStream } from './scan.ts'

/** Takes known values out of what is stored, shown or sent, in whatever form they stand there (forms.ts). */
export interface Redactor {
  /** A whole text. */
  text: (text: string) => string
  /** A text that comes in pieces. */
  stream: () => RedactingStream
  /** Bytes that come in pieces, as strings of one character a byte (latin1). */
  byteStream: () => RedactingStream
  /** Every string in a value of JSON, keys too. */
  value: <T>(value: T) => T
}

export function createRedactor(values: HiddenValue[]): Redactor {
  const patterns = compilePatterns(values, 'text')
  let ofBytes: Patterns | null | undefined

  function text(whole: string): string {
    if (!patterns || !mayHold(patterns, whole))
      return whole
    const stream = createRedactingStream(patterns)
    return stream.push(whole) + stream.end()
  }

  function value(given: unknown): unknown {
    if (typeof given === 'string')
      return text(given)
    if (Array.isArray(given))
      return given.map(value)
    if (typeof given === 'object' && given !== null)
      return Object.fromEntries(Object.entries(given).map(([key, inner]) => [text(key), value(inner)]))
    return given
  }

  return {
    text,
    value: <T>(given: T) => patterns ? value(given) as T : given, // strings stay strings
    stream: () => patterns ? createRedactingStream(patterns) : nothingToHide(),
    byteStream() {
      ofBytes ??= patterns && (values.every(({ value }) => isAscii(value)) ? patterns : compilePatterns(values, 'bytes'))
      return ofBytes ? createRedactingStream(ofBytes) : nothingToHide()
    },
  }
}

/** Whether a form begins anywhere in it: most texts hold none, and this is the cheapest way to know. */
function mayHold({ columns, width, next, firstComplete }: Patterns, text: string): boolean {
  if (text.length < MIN_FORM_CHARACTERS)
    return false
  let state = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // What may stand between two characters of a form has to be looked at more closely.
    if (code === 27 && state !== 0)
      return true
    if (code === 10 || code === 13)
      continue
    state = next[state * width + columns[code]!]!
    if (state >= firstComplete)
      return true
  }
  return false
}

function nothingToHide(): RedactingStream {
  return { push: text => text, release: () => '', end: () => '', held: 0 }
}

function isAscii(text: string): boolean {
  return /^[\0-\x7F]*$/.test(text)
}
