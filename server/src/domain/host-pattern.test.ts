import { expect, it } from 'vitest'
import { matchesHost, normaliseHost, parseHostPattern } from './host-pattern.ts'

it.each([
  ['EXAMPLE.com.', 'example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['exam\u00ADple.com', 'example.com'],
  ['0x7f.1', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['017700000001', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['127.0.0.1.', '127.0.0.1'],
  ['１２７.0.0.1', '127.0.0.1'],
  ['[0:0::1]', '::1'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
])('%s is another spelling of %s', (given, host) => {
  expect(normaliseHost(given)).toBe(host)
})

it.each(['', '.', '..', 'a..b', 'example.com..', 'a b', 'a@b', 'a/b', 'a\\b', 'a?b', 'a#b', 'exa%6dple.com', '[fe80::1%eth0]', '[fe80::1%25eth0]', '::1', '[::1', 'foo.0x4', 'a\nb', '*.example.com', 'x'.repeat(256)])('%j names no host', (given) => {
  expect(normaliseHost(given)).toBeNull()
})

it.each([
  ['example.com', 'example.com', 443, true],
  ['example.com', 'example.com', 80, true],
  ['example.com', 'example.com', 8443, false],
  ['example.com', 'www.example.com', 443, false],
  ['example.com', 'notexample.com', 443, false],
  ['example.com', 'example.com.evil.org', 443, false],
  ['Example.COM', 'example.com', 443, true],
  ['*.example.com', 'example.com', 443, false],
  ['*.example.com', 'a.example.com', 443, true],
  ['*.example.com', 'a.b.example.com', 443, true],
  ['*.example.com', 'aexample.com', 443, false],
  ['*.example.com:8443', 'a.example.com', 8443, true],
  ['*.example.com:8443', 'a.example.com', 443, false],
  ['10.1.2.3:5432', '10.1.2.3', 5432, true],
])('the pattern %s matches %s:%i: %s', (text, host, port, expected) => {
  expect(matchesHost(parseHostPattern(text)!, host, port)).toBe(expected)
})

it.each(['*.10.0.0.1', '*.1', 'example.com:0', 'example.com:70000', '*.', '*'])('%s is no pattern', (text) => {
  expect(parseHostPattern(text)).toBeNull()
})
