import { stripVTControlCharacters } from 'node:util'

/**
 * What an agent printed, safe for a terminal: escape sequences and control characters could move the cursor, set the
 * clipboard or hide what was done.
 */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is to be found
  return stripVTControlCharacters(text).replaceAll('\r\n', '\n').replace(/[\0-\x08\v-\x1F\x7F-\x9F]/g, '')
}

/** The same on one line, cut to a width in characters. */
export function oneLine(text: string, width: number): string {
  const line = plain(text).replace(/\s+/g, ' ').trim()
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
