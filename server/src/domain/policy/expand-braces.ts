import { Unread } from './budget.ts'

/** `{rm,-rf,/}` → its words, as bash writes them: a matter of text, done before anything else. Quotes and `${…}` are left alone. */
export function expandBraces(text: string): string[] {
  if (text.length > MAX_CHARACTERS)
    throw new Unread('a word with braces is too long')
  return expand(text)
}

const MAX_CHARACTERS = 4096
const MAX_WORDS = 1000
/** A longer row of numbers or letters stays as it is written: it names no program. */
const MAX_SEQUENCE = 64

function expand(text: string): string[] {
  for (let start = nextBrace(text, 0); start >= 0; start = nextBrace(text, start + 1)) {
    const group = readGroup(text, start)
    const choices = group && (group.choices.length > 1 ? group.choices.flatMap(expand) : sequence(group.choices[0]!))
    if (!choices)
      continue
    const rests = expand(text.slice(group.end + 1))
    if (choices.length * rests.length > MAX_WORDS)
      throw new Unread(`braces make more than ${MAX_WORDS} words of one`)
    return choices.flatMap(choice => rests.map(rest => text.slice(0, start) + choice + rest))
  }
  return [text]
}

function nextBrace(text: string, from: number): number {
  for (let at = from; at < text.length; at = next(text, at)) {
    if (text[at] === '{')
      return at
  }
  return -1
}

/** What stands between this brace and its partner, at its commas; null when it has no partner. */
function readGroup(text: string, start: number): { choices: string[], end: number } | null {
  const choices: string[] = []
  let depth = 0
  let from = start + 1
  for (let at = start + 1; at < text.length; at = next(text, at)) {
    const character = text[at]
    if (character === '{')
      depth++
    if (depth === 0 && (character === ',' || character === '}')) {
      choices.push(text.slice(from, at))
      from = at + 1
      if (character === '}')
        return { choices, end: at }
    }
    if (character === '}')
      depth--
  }
  return null
}

/** The place after a character, or after the quotes, the escape or the expansion that begins there. */
function next(text: string, at: number): number {
  switch (text[at]) {
    case '\\':
      return at + 2
    case '\'':
      return after(text, '\'', at + 1)
    case '"':
      return after(text, '"', at + 1)
    case '$':
      return text[at + 1] === '{' ? after(text, '}', at + 2) : at + 1
    default:
      return at + 1
  }
}

function after(text: string, closing: string, from: number): number {
  const at = text.indexOf(closing, from)
  return at < 0 ? text.length : at + 1
}

/** `1..3`, `a..c`. */
function sequence(body: string): string[] | null {
  const [, from, to] = /^(-?\d{1,9}|[a-z])\.\.(-?\d{1,9}|[a-z])$/i.exec(body) ?? []
  if (from === undefined || to === undefined || /\d/.test(from) !== /\d/.test(to))
    return null
  const isNumber = /\d/.test(from)
  const [first, last] = isNumber ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)]
  const count = Math.abs(last - first) + 1
  if (count > MAX_SEQUENCE)
    return null
  return Array.from({ length: count }, (_, index) => first + (last < first ? -index : index)).map(code => isNumber ? String(code) : String.fromCharCode(code))
}
