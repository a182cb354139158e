/**
 * A secret is found in a text by its significant characters. Between two of them may stand what leaves it readable: line
 * breaks (base64 is wrapped, terminals are narrow) and the sequences that colour a text or move a cursor.
 */
export function significant(text: string): string {
  let kept = ''
  let from = 0
  for (const { index } of text.matchAll(INSIGNIFICANT)) {
    if (index < from)
      continue
    kept += text.slice(from, index)
    from = index + (text[index] === '\x1B' ? escapeLength(text, index) ?? 0 : 1)
  }
  return kept + text.slice(from)
}

const INSIGNIFICANT = /[\r\n\x1B]/g // eslint-disable-line no-control-regex -- that is what it finds
const MAX_PARAMETERS = 24
/** No number in a sequence is long enough to be a piece of a secret of digits. */
const MAX_DIGITS = 4

/**
 * How many characters from the ESC at `at` on are one sequence of the terminal (ESC [ parameters letter); 0 when it is none, null
 * when that cannot be told before more has come.
 */
export function escapeLength(text: string, at: number): number | null {
  if (at + 1 >= text.length)
    return null
  if (text[at + 1] !== '[')
    return 0
  let digits = 0
  for (let i = at + 2; i <= at + 2 + MAX_PARAMETERS; i++) {
    if (i >= text.length)
      return null
    const code = text.charCodeAt(i)
    if (isLetter(code))
      return i + 1 - at
    if (isDigit(code) ? ++digits > MAX_DIGITS : !isSeparator(code))
      return 0
    if (!isDigit(code))
      digits = 0
  }
  return 0
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5A) || (code >= 0x61 && code <= 0x7A)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** `;` `:` `?` */
function isSeparator(code: number): boolean {
  return code === 0x3B || code === 0x3A || code === 0x3F
}
