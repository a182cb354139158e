/** DEL and C1, soft hyphen, zero-width, bidirectional controls, byte order mark: what is not seen, or turns the order of what follows. */
const UNSEEN = /[\x7F-\x9F\xAD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/g

/** The same text with every such character written out: nothing is hidden in it, and it reads in the order in which it was written. */
export function writeOutUnseen(text: string): string {
  return text.replace(UNSEEN, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
