import { expect, it } from 'vitest'
import { formatBytes, formatShortBytes } from './bytes.ts'

it.each([[0, '0 B'], [999, '999 B'], [1024, '1 KiB'], [1_150_000, '1.1 MiB'], [612 * 2 ** 20, '612 MiB'], [2 ** 30, '1 GiB'], [1000 * 2 ** 20, '1 GiB']])('writes %i bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

it('writes one letter where the place says that it is bytes', () => {
  expect([612 * 2 ** 20, 2 ** 30, 40].map(formatShortBytes)).toEqual(['612 M', '1 G', '40 B'])
})
