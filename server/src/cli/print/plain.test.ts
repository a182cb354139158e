import { expect, it } from 'vitest'
import { oneLine, plain } from './plain.ts'

it.each([
  ['colours', '\u001B[31mred\u001B[0m', 'red'],
  ['a title for the window', '\u001B]0;owned\u0007text', 'text'],
  ['a write to the clipboard', '\u001B]52;c;cm0gLXJm\u0007text', 'text'],
  ['a line that hides what was before', 'rm -rf /\r\u001B[2Kls', 'rm -rf /ls'],
  ['erasing backwards', 'bad\b\b\bgood', 'badgood'],
  ['an escape that was cut in two', 'text\u001B', 'text'],
  ['the eight-bit forms', '\u009B31mred', 'red'],
  ['a link', '\u001B]8;;http://evil.invalid\u001B\\text\u001B]8;;\u001B\\', 'text'],
  ['another screen', '\u001B[?1049htext\u001B[?1049l', 'text'],
  ['text that runs backwards', '\u202Eexe\u2066.txt\u2069\u202C', '\\u202eexe\\u2066.txt\\u2069\\u202c'],
])('lets nothing through to a terminal but text: %s', (_, text, shown) => {
  expect(plain(text)).toBe(shown)
})

it('keeps lines, tabs and what is not English', () => {
  expect(plain('a\tb\r\nzwölf 日本語 👍\n')).toBe('a\tb\nzwölf 日本語 👍\n')
})

it('puts a text on one line of a width', () => {
  expect(oneLine(' two\nlines\tand more ', 100)).toBe('two lines and more')
  expect(oneLine('1234567890', 5)).toBe('1234…')
})
