import { expect, it } from 'vitest'
import { createUtf8Check } from './utf8-check.ts'

function isText(...pieces: number[][]) {
  const check = createUtf8Check()
  return pieces.every(piece => check.isText(Buffer.from(piece))) && check.isWhole()
}

it.each([
  ['ASCII', [[0x61, 0x0A]]],
  ['a character in one piece', [[0xC3, 0xA4]]],
  ['one that is cut after its first byte', [[0x61, 0xC3], [0xA4, 0x62]]],
  ['one of four bytes that comes byte by byte', [[0xF0], [0x9F], [0x98], [0x80]]],
  ['nothing', [[], []]],
  ['the replacement character itself', [[0xEF, 0xBF, 0xBD]]],
])('takes for text: %s', (_, pieces) => {
  expect(isText(...pieces)).toBe(true)
})

it.each([
  ['a byte that begins nothing', [[0x61, 0xFF]]],
  ['a lone continuation', [[0x80]]],
  ['a character that is not ended', [[0x61, 0xE2, 0x82]]],
  ['one that something else ends in the next piece', [[0xE2, 0x82], [0x61]]],
  ['an overlong slash', [[0xC0, 0xAF]]],
  ['an overlong form that is cut', [[0xE0], [0x80, 0xAF]]],
  ['half of a surrogate pair', [[0xED, 0xA0, 0x80]]],
  ['a character beyond the last one', [[0xF4, 0x90, 0x80, 0x80]]],
  ['NUL', [[0x61, 0x00]]],
])('does not take for text: %s', (_, pieces) => {
  expect(isText(...pieces)).toBe(false)
})
