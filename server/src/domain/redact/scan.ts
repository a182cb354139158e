import type { Pattern, Patterns } from './patterns.ts'
import { MIN_FORM_CHARACTERS } from './forms.ts'
import { bordersOf } from './patterns.ts'
import { escapeLength } from './significant.ts'

/** A text that comes in pieces. What comes out, put together, is the same however it was cut. */
export interface RedactingStream {
  /** What may be kept of all that came so far; what may be the beginning of a secret is held back. */
  push: (text: string) => string
  /**
   * Gives out what is held back and is the beginning of a secret by three characters at most: for output that somebody waits to see.
   * Should the rest of the secret come after all, it alone is hidden.
   */
  release: () => string
  /** What is held back, at its end; then it begins anew. */
  end: () => string
  /** Characters that are held back. */
  readonly held: number
}

/** So many characters of a secret may be seen, when its writer paused after them. */
const MAX_RELEASED = 3
/** More line breaks and colours than that between two characters, and no secret is read there any more. */
const MAX_IGNORED = 1024
/** What is held back has a bound, whatever stands between the characters of a secret. */
const MAX_SPAN = 512 * 1024

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const ESCAPE = 27

interface Found { start: number, end: number, shown: string, size: number }
interface Awake { pattern: Pattern, matched: number }

export function createRedactingStream({ columns, width, next, depth, begun, firstComplete }: Patterns): RedactingStream {
  // Places are counted from the beginning of the stream; `buffer` begins at `offset`.
  let buffer = ''
  let offset = 0
  let at = 0
  let state = 0
  let ignored = 0
  /** Significant characters so far, and where the last eight of them stood. */
  let count = 0
  const recent = new Float64Array(MIN_FORM_CHARACTERS)
  /** Forms that have begun, and where every significant character stood since the first of them did. */
  let awake: Awake[] = []
  let places: number[] = []
  let firstPlace = 0
  /** What has to be hidden, in order and apart from each other. */
  let found: Found[] = []

  return {
    push(text) {
      buffer += text
      scan(false)
      return take(heldFrom())
    },
    release() {
      return awake.length === 0 && depth[state]! <= MAX_RELEASED ? take(at) : ''
    },
    end() {
      scan(true)
      forget()
      const rest = take(at)
      ignored = 0
      return rest
    },
    get held() {
      return buffer.length
    },
  }

  function scan(isEnd: boolean): void {
    const end = offset + buffer.length
    while (at < end) {
      if (state === 0 && awake.length === 0)
        skip()
      if (at >= end)
        return
      const code = buffer.charCodeAt(at - offset)
      if (code === LINE_FEED || code === CARRIAGE_RETURN) {
        ignore(1)
        continue
      }
      if (code === ESCAPE) {
        const length = escapeLength(buffer, at - offset)
        if (length === null && !isEnd)
          return
        if (length) {
          ignore(length)
          continue
        }
      }
      ignored = 0
      state = next[state * width + columns[code]!]!
      if (state !== 0 || awake.length > 0)
        see(code)
      at++
    }
  }

  /** Over ordinary text, to where something may begin. */
  function skip(): void {
    const text = buffer
    let i = at - offset
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === ESCAPE || next[columns[code]!] !== 0)
        break
    }
    at = offset + i
  }

  function ignore(length: number): void {
    at += length
    if (state === 0 && awake.length === 0)
      return
    ignored += length
    if (ignored > MAX_IGNORED)
      forget()
  }

  /** A character that belongs to a beginning, or comes after one. */
  function see(code: number): void {
    recent[count % MIN_FORM_CHARACTERS] = at
    count++
    if (awake.length > 0) {
      places.push(at)
      awake = awake.filter(one => advance(one, code))
    }
    if (state >= firstComplete)
      wake(begun[state]!) // every state from there on has some
    if (awake.length === 0)
      places = []
  }

  function wake(patterns: Pattern[]): void {
    for (const pattern of patterns) {
      const start = recent[count % MIN_FORM_CHARACTERS]!
      if (pattern.text.length === MIN_FORM_CHARACTERS)
        hide(start, at + 1, pattern, MIN_FORM_CHARACTERS)
      else if (!awake.some(one => one.pattern === pattern))
        awaken(pattern)
    }
  }

  function awaken(pattern: Pattern): void {
    if (awake.length === 0) {
      firstPlace = count - MIN_FORM_CHARACTERS
      places = Array.from({ length: MIN_FORM_CHARACTERS }, (_, index) => recent[(count + index) % MIN_FORM_CHARACTERS]!)
    }
    awake.push({ pattern, matched: MIN_FORM_CHARACTERS })
  }

  /** False when the form has to begin anew. */
  function advance(one: Awake, code: number): boolean {
    const { pattern } = one
    const { text } = pattern
    if (text.charCodeAt(one.matched) === code) {
      one.matched++
      if (one.matched === text.length) {
        hide(placeOf(count - one.matched), at + 1, pattern, one.matched)
        one.matched = bordersOf(pattern)[one.matched]!
      }
    }
    else {
      hideEnough(one, count - 1)
      const borders = bordersOf(pattern)
      do
        one.matched = borders[one.matched]!
      while (one.matched >= MIN_FORM_CHARACTERS && text.charCodeAt(one.matched) !== code)
      one.matched++
      if (one.matched <= MIN_FORM_CHARACTERS)
        return false
    }
    if (one.matched < MIN_FORM_CHARACTERS)
      return false
    if (at - placeOf(count - one.matched) <= MAX_SPAN)
      return true
    hideEnough(one, count)
    return false
  }

  /** Most of a form is hidden as all of it is: `seen` counts the characters up to the last one that belongs to it. */
  function hideEnough({ pattern, matched }: Awake, seen: number): void {
    if (matched >= pattern.enough)
      hide(placeOf(seen - matched), placeOf(seen - 1) + 1, pattern, matched)
  }

  function placeOf(index: number): number {
    return places[index - firstPlace]!
  }

  function hide(start: number, end: number, { shown }: Pattern, size: number): void {
    const merged: Found = { start, end, shown, size }
    while (found.length > 0 && found.at(-1)!.end > merged.start) {
      const last = found.pop()!
      if (last.size >= merged.size)
        Object.assign(merged, { shown: last.shown, size: last.size })
      merged.start = Math.min(merged.start, last.start)
      merged.end = Math.max(merged.end, last.end)
    }
    found.push(merged)
  }

  /** Nothing that has begun goes on. */
  function forget(): void {
    for (const one of awake)
      hideEnough(one, count)
    awake = []
    places = []
    state = 0
  }

  /** From here on the text is not decided yet. */
  function heldFrom(): number {
    let from = at
    if (state !== 0)
      from = recent[(count - depth[state]!) % MIN_FORM_CHARACTERS]!
    for (const one of awake)
      from = Math.min(from, placeOf(count - one.matched))
    return from
  }

  /** Everything before `until`, with what is hidden replaced; what reaches beyond it stays. */
  function take(until: number): string {
    let text = ''
    let from = offset
    let hidden = 0
    for (const { start, end, shown } of found) {
      if (end > until)
        break
      text += buffer.slice(from - offset, Math.max(start, from) - offset) + shown
      from = end
      hidden++
    }
    const beyond = found[hidden]
    const to = Math.max(from, Math.min(until, beyond?.start ?? until))
    text += buffer.slice(from - offset, to - offset)
    found = found.slice(hidden)
    buffer = buffer.slice(to - offset)
    offset = to
    return text
  }
}
