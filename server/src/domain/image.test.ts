import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { readImage, whyNotShown } from './image.ts'

const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map(part => typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const GIF = Buffer.from('R0lGODlhAgADAIAAAAAAAP///yH5BAEAAAAALAAAAAACAAMAAAIDRH4FADs=', 'base64')
const JPEG = bytes([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 0, 7, 0, 9, 1, 1, 17, 0], 'rest of it')
const WEBP = bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 5, 0, 0], 'more')

it.each([
  ['png', PNG, { type: 'image/png', width: 1, height: 1 }],
  ['gif', GIF, { type: 'image/gif', width: 2, height: 3 }],
  ['jpeg', JPEG, { type: 'image/jpeg', width: 9, height: 7 }],
  ['webp', WEBP, { type: 'image/webp', width: 5, height: 6 }],
])('%s is known by its first bytes', (_, head, image) => {
  expect(readImage(head)).toEqual(image)
  expect(whyNotShown(image as Parameters<typeof whyNotShown>[0], 1000)).toBeNull()
})

it.each<[string, string | Buffer]>([
  ['svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['html', '<!doctype html><script>alert(1)</script>'],
  ['a name alone', 'picture.png'],
  ['half a png', PNG.subarray(0, 20)],
  ['a jpeg with no size', bytes([0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 0, 0], 'x'.repeat(100))],
  ['a jpeg that goes in circles', bytes([0xFF, 0xD8], '\u00FF'.repeat(100))],
  ['nothing', ''],
])('%s is no image', (_, head) => {
  expect(readImage(typeof head === 'string' ? Buffer.from(head) : head)).toBeNull()
})

it('what would fill the memory of a browser is not shown', () => {
  expect(whyNotShown({ type: 'image/png', width: 60_000, height: 60_000 }, 1000)).toContain('60000 × 60000')
  expect(whyNotShown({ type: 'image/png', width: 10, height: 10 }, 11 * 1024 * 1024)).toContain('10 MiB')
})
