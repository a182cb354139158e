/** What is found in a JSON text, in order. Offsets count bytes from its beginning; `to` is after the last one. */
export interface JsonHandler {
  open: (kind: 'object' | 'array', from: number) => void
  close: (to: number) => void
  key: (name: string) => void
  value: (value: string | number | boolean | null, from: number, to: number) => void
}

export interface JsonBounds {
  /** Of a string that is longer only the beginning is kept. */
  maxStringBytes: number
  maxDepth: number
  /** Of strings, numbers, lists, objects: looking at each takes its time. */
  maxValues: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5C
const LONGEST_WORD = 400

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or ]' | ', or }' | 'nothing more'

/**
 * Reads JSON as it comes, and keeps no more of it than one bounded string: a body of many megabytes is looked through without
 * being held as objects, and without a pause for the others.
 * `push` and `end` throw a SyntaxError when it is no JSON.
 */
export function readJsonTokens(handler: JsonHandler, bounds: JsonBounds): { push: (bytes: Uint8Array) => void, end: () => void } {
  const { maxStringBytes, maxDepth, maxValues } = bounds
  const open: ('object' | 'array')[] = []
  let expected: Expected = 'value'
  let offset = 0
  let text: { pieces: Buffer[], bytes: number, from: number, isCut: boolean, /** Nothing in it is escaped. */ isRaw: boolean } | null = null
  let isEscaped = false
  let word = ''
  let values = 0

  function between(byte: number, at: number): void {
    switch (byte) {
      case 0x20: case 0x09: case 0x0A: case 0x0D:
        return
      case QUOTE:
        if (expected !== 'key' && expected !== 'key or }')
          wantValue()
        text = { pieces: [], bytes: 0, from: at, isCut: false, isRaw: true }
        return
      case 0x7B: // {
        wantValue()
        return begin('object', at)
      case 0x5B: // [
        wantValue()
        return begin('array', at)
      case 0x7D: // }
        return expected === 'key or }' || expected === ', or }' ? finish(at + 1) : wrong()
      case 0x5D: // ]
        return expected === 'value or ]' || expected === ', or ]' ? finish(at + 1) : wrong()
      case 0x3A: // :
        return expected === ':' ? void (expected = 'value') : wrong()
      case 0x2C: // ,
        return expected === ', or }' ? void (expected = 'key') : expected === ', or ]' ? void (expected = 'value') : wrong()
      default:
        wantValue()
        word = String.fromCharCode(byte)
    }
  }

  function begin(kind: 'object' | 'array', at: number): void {
    if (open.length === maxDepth)
      throw new SyntaxError(`more than ${maxDepth} levels deep`)
    open.push(kind)
    expected = kind === 'object' ? 'key or }' : 'value or ]'
    handler.open(kind, at)
  }

  function finish(to: number): void {
    open.pop()
    handler.close(to)
    afterValue()
  }

  function afterValue(): void {
    expected = open.length === 0 ? 'nothing more' : open.at(-1) === 'object' ? ', or }' : ', or ]'
  }

  function wantValue(): void {
    if (expected !== 'value' && expected !== 'value or ]')
      wrong()
    if (++values > maxValues)
      throw new SyntaxError(`it has more than ${maxValues} values`)
  }

  function wrong(): never {
    throw new SyntaxError(`expected ${expected}`)
  }

  /** Takes bytes of a string up to its end or the end of `bytes`; answers where it stopped. */
  function inText(bytes: Uint8Array, from: number): number {
    let at = from
    for (; at < bytes.length; at++) {
      if (isEscaped) {
        isEscaped = false
      }
      else if (bytes[at] === BACKSLASH) {
        isEscaped = true
        text!.isRaw = false
      }
      else if (bytes[at] === QUOTE) {
        break
      }
    }
    const room = maxStringBytes - text!.bytes
    if (at - from > room)
      text!.isCut = true
    if (room > 0 && at > from)
      text!.pieces.push(Buffer.from(bytes.subarray(from, Math.min(at, from + room))))
    text!.bytes += Math.min(at - from, room)
    if (at === bytes.length)
      return at
    endText(offset + at + 1)
    return at + 1
  }

  function endText(to: number): void {
    const { pieces, from, isCut, isRaw } = text!
    text = null
    const source = (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)).toString()
    const said = isRaw ? source : unescaped(source, isCut)
    if (expected === 'key' || expected === 'key or }') {
      expected = ':'
      handler.key(said)
    }
    else {
      afterValue()
      handler.value(said, from, to)
    }
  }

  /** A number, true, false or null; it ends where something else begins. */
  function inWord(bytes: Uint8Array, from: number): number {
    let at = from
    while (at < bytes.length && ENDS_WORD[bytes[at]!] !== 1)
      at++
    for (let next = from; next < at; next++)
      word += String.fromCharCode(bytes[next]!)
    if (word.length > LONGEST_WORD)
      throw new SyntaxError('a number of too many digits')
    if (at < bytes.length)
      endWord(offset + at)
    return at
  }

  function endWord(to: number): void {
    const value = valueOf(word)
    const from = to - word.length
    word = ''
    afterValue()
    handler.value(value, from, to)
  }

  return {
    push(bytes) {
      let at = 0
      while (at < bytes.length) {
        if (text)
          at = inText(bytes, at)
        else if (word)
          at = inWord(bytes, at)
        else
          between(bytes[at]!, offset + at++)
      }
      offset += bytes.length
    },
    end() {
      if (word)
        endWord(offset)
      if (expected !== 'nothing more')
        throw new SyntaxError(`it ends where ${text ? 'a string goes on' : `${expected} was expected`}`)
    },
  }
}

const ENDS_WORD = Uint8Array.from({ length: 256 }, (_, byte) => ' \t\n\r,]}:"[{'.includes(String.fromCharCode(byte)) ? 1 : 0)

function valueOf(word: string): number | boolean | null {
  if (word === 'true' || word === 'false')
    return word === 'true'
  if (word === 'null')
    return null
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(word))
    throw new SyntaxError(`${JSON.stringify(word.slice(0, 40))} is no value`)
  return Number(word)
}

/** Where a string was cut, half of an escape may be left at its end. */
function unescaped(source: string, isCut: boolean): string {
  for (let less = 0; less <= (isCut ? 6 : 0); less++) {
    try {
      return JSON.parse(`"${source.slice(0, source.length - less)}"`) as string
    }
    catch (error) {
      if (!isCut)
        throw error
    }
  }
  return ''
}
