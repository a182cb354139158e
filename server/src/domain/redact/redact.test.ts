import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formsOf } from './forms.ts'
import { createRedactor } from './redactor.ts'
import { significant } from './significant.ts'

const SECRET = 'hunter2/+?"x y\'z&Ü%'
const one = createRedactor([{ value: SECRET, shown: '[secret KEY]' }])

it.each([
  ['as it is', SECRET],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in base64 behind one other byte', Buffer.from(`:${SECRET}`).toString('base64')],
  ['in base64 behind two other bytes', Buffer.from(`u:${SECRET}`).toString('base64')],
  ['in base64 for addresses', Buffer.from(`u:${SECRET}`).toString('base64url')],
  ['in base64 of many lines', Buffer.from(SECRET).toString('base64').replace(/.{5}/g, '$&\r\n')],
  ['percent-encoded', encodeURIComponent(SECRET)],
  ['percent-encoded in lower case', encodeURIComponent(SECRET).replace(/%../g, code => code.toLowerCase())],
  ['as a field of a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
  ['percent-encoded to the last byte', [...Buffer.from(SECRET)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')],
  ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
  ['in JSON in JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in hex in capital letters, wrapped', Buffer.from(SECRET).toString('hex').toUpperCase().replace(/.{10}/g, '$&\n').trim()],
  ['in hex with spaces', Buffer.from(SECRET).toString('hex').replace(/../g, '$& ').trim()],
  ['in a shell\'s quotes', SECRET.replaceAll('\'', '\'\\\'\'')],
  ['in colours', [...SECRET].map((char, index) => `\x1B[1;${index % 90}m${char}`).join('')],
  ['over many lines', SECRET.replace(/.{3}/g, '$&\n')],
])('a secret is found %s', (_, form) => {
  const shown = one.text(`before ${form} after`)
  // What is around it may have a part in the outermost characters of base64.
  expect(shown).toMatch(/^before (?:\x1B\[1;0m)?[\w+/-]{0,3}\[secret KEY\][\w+/=-]{0,4} after$/) // eslint-disable-line no-control-regex -- a colour before it stays
})

it('what is no secret is left as it was', () => {
  for (const text of ['', 'hunter', 'a plain text\n', '\x1B[31mred\x1B[0m\x1B', 'hunter2/+ is not all of it', '\x1B[12345678m'])
    expect(one.text(text)).toBe(text)
  expect(one.value({ a: [1, null, true, 'x'], b: { c: 'y' } })).toEqual({ a: [1, null, true, 'x'], b: { c: 'y' } })
})

it('strings are redacted wherever they stand in a value, keys too', () => {
  expect(one.value({ [SECRET]: [{ x: `a${SECRET}` }, 7] })).toEqual({ '[secret KEY]': [{ x: 'a[secret KEY]' }, 7] })
})

it('more than half of a secret, cut off, is hidden as all of it is', () => {
  const key = createRedactor([{ value: 'abcdefghijklmnopqrstuvwxyz', shown: '[x]' }])
  expect(key.text('it is abcdefghijklmnopq')).toBe('it is [x]')
  expect(key.text('it is abcdefghijklmnopq\n[… 5 characters left out here …]')).toBe('it is [x]\n[… 5 characters left out here …]')
  expect(key.text('it is abcdefghij')).toBe('it is abcdefghij')
})

it('the lines of a key file are secrets by themselves, and so is the file in JSON', () => {
  const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu'}\n-----END PRIVATE KEY-----\n`
  const file = createRedactor([{ value: pem, shown: '[x]' }])
  expect(file.text(`a\n${pem}b`)).toBe('a\n[x]\nb')
  expect(file.text(JSON.stringify({ key: pem }))).toBe('{"key":"[x]\\n"}')
  expect(file.text('cut: MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu')).toBe('cut: [x]')
})

it('secrets that overlap or hold each other leave nothing', () => {
  const both = createRedactor([{ value: 'abcdefgh', shown: '[a]' }, { value: 'efghijklmnop', shown: '[b]' }, { value: 'abcdefghijklmnopqrst', shown: '[c]' }])
  expect(both.text('-abcdefghijklmnop-')).toBe('-[c]-') // most of the longest
  expect(both.text('-abcdefghijkl-')).toBe('-[c]-')
  expect(both.text('-abcdefgh-efghijklmnop-')).toBe('-[a]-[b]-')
  expect(both.text('abcdefghabcdefgh')).toBe('[a][a]')
})

it('what may be the beginning of a secret waits for the next piece, and goes out at the end', () => {
  const stream = one.stream()
  expect(stream.push('say hunt')).toBe('say ')
  expect(stream.push('ing\n')).toBe('hunting\n')
  expect(stream.push('and hunter2/')).toBe('and ')
  expect(stream.push(`${SECRET.slice(8)}.`)).toBe('[secret KEY].')
  expect(stream.push('hun')).toBe('')
  expect(stream.end()).toBe('hun')
})

it('three characters that somebody waits to see may go out early; the rest of a secret is hidden all the same', () => {
  const stream = one.stream()
  expect(stream.push('ready? hun')).toBe('ready? ')
  expect(stream.release()).toBe('hun')
  expect(stream.push(`${SECRET.slice(3)}!`)).toBe('[secret KEY]!')
  expect(stream.push('hunt')).toBe('')
  expect(stream.release()).toBe('')
  expect(stream.end()).toBe('hunt')
})

it('what is held back is bounded, whatever stands between the characters of a secret', () => {
  const stream = one.stream()
  stream.push(SECRET.slice(0, 12))
  for (let i = 0; i < 3000; i++)
    stream.push('\n')
  expect(stream.held).toBe(0)
  const value = Array.from({ length: 900 }, (_, index) => index.toString(36)).join('-')
  const large = createRedactor([{ value, shown: '[x]' }]).stream()
  let most = 0
  for (const char of value) {
    large.push(`${char}${'\n'.repeat(1000)}`)
    most = Math.max(most, large.held)
  }
  expect(most).toBeLessThan(600_000)
})

it('a secret of one repeated piece is found in any number of repetitions, in linear time', () => {
  const value = 'abcd'.repeat(2000)
  const periodic = createRedactor([{ value, shown: '[x]' }])
  expect(periodic.text(`-${value}${value}${value}-`)).toBe('-[x]-')
})

const character = fc.constantFrom(...'abAB01/+ %"\'\\é😀\n')
const word = (min: number, max: number) => fc.array(character, { minLength: min, maxLength: max }).map(chars => chars.join(''))
const secretValue = word(10, 30).filter(value => significant(value.trim()).length >= 8)

/** Texts made of secrets, their forms, pieces of them, and what looks alike. */
function textWith(secrets: string[]) {
  return fc.array(fc.oneof(
    word(0, 12),
    fc.constantFrom(...secrets.flatMap(secret => [secret, ...formsOf(secret)])),
    fc.tuple(fc.constantFrom(...secrets.flatMap(formsOf)), fc.nat(40)).map(([form, length]) => form.slice(0, length)),
    fc.constantFrom('\n', '\r\n', '\x1B[1m', '\x1B', '\x1B[', 'x'),
  ), { maxLength: 12 }).map(parts => parts.join(''))
}

const example = fc.array(secretValue, { minLength: 1, maxLength: 4 }).chain(secrets => fc.record({
  secrets: fc.constant(secrets),
  text: textWith(secrets),
  cuts: fc.array(fc.nat(400), { maxLength: 20 }),
}))

function cut(text: string, cuts: number[]): string[] {
  const places = [...new Set(cuts.filter(place => place < text.length))].sort((a, b) => a - b)
  return [0, ...places].map((place, index) => text.slice(place, places[index]))
}

const redactorOf = (secrets: string[]) => createRedactor(secrets.map((value, index) => ({ value, shown: `[~${index}~]` })))

it('what is kept of any text, however it comes in pieces, is what is kept of the whole', () => {
  fc.assert(fc.property(example, ({ secrets, text, cuts }) => {
    const redactor = redactorOf(secrets)
    const stream = redactor.stream()
    expect(cut(text, cuts).map(stream.push).join('') + stream.end()).toBe(redactor.text(text))
  }), { numRuns: 500 })
})

it('no form of a secret is left in any text, and what held none is as it was', () => {
  fc.assert(fc.property(example, ({ secrets, text }) => {
    const kept = redactorOf(secrets).text(text)
    const forms = secrets.flatMap(formsOf)
    for (const form of forms)
      expect(significant(kept)).not.toContain(form)
    if (!forms.some(form => significant(text).includes(form.slice(0, 8))))
      expect(kept).toBe(text)
  }), { numRuns: 500 })
})

it('no form of a secret is left in any bytes, however they come in pieces', () => {
  const latin1 = (text: string) => Buffer.from(text).toString('latin1')
  fc.assert(fc.property(example, ({ secrets, text, cuts }) => {
    const redactor = redactorOf(secrets)
    const [whole, stream] = [redactor.byteStream(), redactor.byteStream()]
    const kept = cut(latin1(text), cuts).map(stream.push).join('') + stream.end()
    expect(kept).toBe(whole.push(latin1(text)) + whole.end())
    for (const form of secrets.flatMap(formsOf))
      expect(significant(kept)).not.toContain(latin1(form))
  }), { numRuns: 300 })
})
