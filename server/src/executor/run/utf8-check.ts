import { isUtf8 } from 'node:buffer'

/** Whether a stream is UTF-8 without a NUL, so that the log's text is exactly its bytes. */
export interface Utf8Check {
  /** False with the first piece that is not. A character may be cut by the end of a piece. */
  isText(bytes: Buffer): boolean
  /** False when the stream ended inside a character. */
  isWhole(): boolean
}

export function createUtf8Check(): Utf8Check {
  let rest = Buffer.alloc(0)
  return {
    isText(bytes) {
      const whole = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes
      const end = whole.length - openBytes(whole)
      rest = Buffer.from(whole.subarray(end)) // a copy of three bytes rather than a hold on all of them
      return isUtf8(whole.subarray(0, end)) && !whole.includes(0)
    },
    isWhole: () => rest.length === 0,
  }
}

/** How many bytes at the end begin a character that is longer. */
function openBytes(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count]!
    if ((byte & 0xC0) !== 0x80)
      return lengthBy(byte) > count ? count : 0
  }
  return 0
}

function lengthBy(firstByte: number): number {
  if (firstByte < 0xC0)
    return 1
  return firstByte < 0xE0 ? 2 : firstByte < 0xF0 ? 3 : 4
}
