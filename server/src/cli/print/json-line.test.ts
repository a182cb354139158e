import { expect, it } from 'vitest'
import { jsonLine } from './json-line.ts'

it('is one line that any reader takes for the value, with nothing in it that a terminal acts on', () => {
  const value = { text: `\u001B]52;c;eA==\u0007 \u009B31m \u009D0;owned\u009C \u007F \0 \r\n \u2028 \u202Etxt.exe\u202C \u2066x\u2069 \u200Bä 日本語 👍` }
  const line = jsonLine(value)
  expect(JSON.parse(line)).toEqual(value)
  expect(line).toMatch(/^[^\0-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069\u200B]+\n$/) // eslint-disable-line no-control-regex -- what must not be in it
  expect(line).toContain('ä 日本語 👍')
})
