import { stripVTControlCharacters } from 'node:util'
import { writeOutUnseen } from '../../domain/visible-text.ts'

/** Controls but tab and newline. */
// eslint-disable-next-line no-control-regex -- control characters are what is to be found
const UNSAFE = /[\0-\x08\v-\x1F\x7F-\x9F]/g
/** What turns the direction of the text around it, and would show `txt.exe` as `exe.txt`. */
const TURNS = /[\u202A-\u202E\u2066-\u2069]/g

/**
 * What an agent printed, safe for a terminal: escape sequences and control characters could move the cursor, set the
 * clipboard or hide what was done. What turns the direction of text is written out.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\r\n', '\n').replace(UNSAFE, '').replace(TURNS, writeOutUnseen)
}

/** The same on one line, cut to a width in characters. */
export function oneLine(text: string, width: number): string {
  const line = plain(text).replace(/\s+/g, ' ').trim()
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
