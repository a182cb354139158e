import { stripVTControlCharacters } from 'node:util'

/** Controls but tab and newline; what turns the direction of the text around it, and would show `txt.exe` as `exe.txt`. */
// eslint-disable-next-line no-control-regex -- control characters are what is to be found
const UNSAFE = /[\0-\x08\v-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/g

/**
 * What an agent printed, safe for a terminal: escape sequences and control characters could move the cursor, set the
 * clipboard or hide what was done.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\r\n', '\n').replace(UNSAFE, '')
}

/** The same on one line, cut to a width in characters. */
export function oneLine(text: string, width: number): string {
  const line = plain(text).replace(/\s+/g, ' ').trim()
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
