import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readJsonValues } from './json-values.ts'
import { readSse } from './sse.ts'

/** Cuts the bytes of `text` at the given places, wherever characters begin. */
function cut(text: string, places: number[]): Buffer[] {
  const bytes = Buffer.from(text)
  const at = [...new Set([0, ...places.map(place => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

function readAll(make: typeof readJsonValues, pieces: Buffer[]): unknown[] {
  const values: unknown[] = []
  const reader = make(value => values.push(value))
  for (const piece of pieces)
    reader.push(piece)
  reader.end()
  return values
}

const places = fc.array(fc.nat(500), { maxLength: 12 })

it('JSON is read as JSON.parse reads it, wherever the network cuts it', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.boolean(), places, (value, isWide, at) => {
    const text = JSON.stringify(value, null, isWide ? 2 : 0)
    const parsed = JSON.parse(text) as unknown
    expect(readAll(readJsonValues, cut(text, at))).toEqual(Array.isArray(parsed) ? parsed : [parsed])
  }), { numRuns: 500 })
})

it('what JSON.parse refuses is refused', () => {
  fc.assert(fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', '"', ':', 'x', '1', '{'), places, (text, where, put, at) => {
    const broken = text.slice(0, where % (text.length + 1)) + put + text.slice((where % (text.length + 1)) + 1)
    let isRight = true
    try {
      JSON.parse(broken)
    }
    catch {
      isRight = false
    }
    if (!isRight)
      expect(() => readAll(readJsonValues, cut(broken, at)), broken).toThrow(SyntaxError)
  }), { numRuns: 1000 })
})

it.for(['{"a":1}}', '{"a" 1}', '{"a":1,}', '[1,]', '{,}', '"a', '{"a":tru}', '01', '1.', '{"a":"b" "c"}', '', ' ', 'nul', '{1:2}', '[}', '-', '+1'])('%s is no JSON', (text) => {
  expect(() => readAll(readJsonValues, [Buffer.from(text)])).toThrow(SyntaxError)
})

it('a key called __proto__ is a key like any other', () => {
  expect(JSON.stringify(readAll(readJsonValues, [Buffer.from('{"__proto__":{"a":1}}')]))).toBe('[{"__proto__":{"a":1}}]')
})

it('a long string is cut, also in the middle of an escape, and what follows is read', () => {
  for (let before = 0; before < 8; before++) {
    const text = JSON.stringify({ a: 'x'.repeat(512 * 1024 - before) + '\u0001'.repeat(100), b: 7 })
    const [value] = readAll(readJsonValues, cut(text, [1000])) as [{ a: string, b: number }]
    expect(value.b).toBe(7)
    expect(value.a.replaceAll('x', '').length).toBeLessThan(3)
    expect(value.a.length).toBeGreaterThan(512 * 1024 - 16)
  }
})

it('events are read wherever the network cuts them, and those that are no JSON are passed over', () => {
  fc.assert(fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), fc.constantFrom('\n', '\r\n'), places, (values, line, at) => {
    const text = values.map(value => `: comment${line}event: x${line}data: ${JSON.stringify(value)}${line}${line}data: [DONE]${line}${line}data: {"broken${line}${line}`).join('')
    expect(readAll(readSse, cut(text, at))).toEqual(values.map(value => JSON.parse(JSON.stringify(value)) as unknown))
  }), { numRuns: 300 })
})
