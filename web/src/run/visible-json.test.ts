import { expect, it } from 'vitest'
import { visibleJson } from './visible-json.ts'

it('writes out what would not be seen, and is the same value', () => {
  const event = { text: 'a\x7F\x9B31m \u202Eevil\u2069 \u200B\uFEFF \0 ü 😀' }
  const json = visibleJson(event)
  expect(json).toContain(String.raw`a\u007f\u009b31m \u202eevil\u2069 \u200b\ufeff \u0000 ü 😀`)
  expect(JSON.parse(json)).toEqual(event)
})
