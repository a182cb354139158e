/**
 * A value as one line of JSON that a terminal cannot act on: JSON leaves DEL, the eight-bit controls and what turns the
 * direction of text as they are. For a program that reads it nothing changes.
 */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSAFE, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

const UNSAFE = /[\x7F-\x9F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g
