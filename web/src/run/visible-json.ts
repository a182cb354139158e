/**
 * JSON with every character written out that would not be seen, or would turn the order of what follows: the same value, and nothing hidden in it.
 */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNSEEN, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** DEL and C1 (JSON escapes the other controls itself), soft hyphen, zero-width, bidirectional controls, byte order mark. */

const UNSEEN = /[\x7F-\x9F\xAD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/g
