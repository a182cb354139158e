import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spansOf } from './ansi.ts'
import { createOutput, LONGEST_LINE } from './output.ts'

function linesOf(...pieces: string[]) {
  const output = createOutput()
  pieces.forEach(piece => output.append('stdout', piece))
  return output.lines.map(line => line.text)
}

describe('output as lines', () => {
  it('joins a line that came in pieces', () => {
    expect(linesOf('one\ntw', 'o\n', '\nfour')).toEqual(['one', 'two', '', 'four'])
  })

  it('lets a carriage return write the line again, as a progress bar does', () => {
    expect(linesOf('10 %\r50 %', '\r100 %\ndone\r\n')).toEqual(['100 %', 'done'])
  })

  it('takes back what a backspace takes back', () => {
    expect(linesOf('ab\bc\n\b')).toEqual(['ac'])
  })

  it('cuts a line that is too long to show into several', () => {
    const output = createOutput()
    output.append('stdout', `${'x'.repeat(LONGEST_LINE * 2 + 5)}\nnext`)
    expect(output.lines.map(line => [line.text.length, line.continued])).toEqual([[2000, false], [2000, true], [5, true], [4, false]])
  })

  it('starts a line where the other stream speaks', () => {
    const output = createOutput()
    output.append('stdout', 'out')
    output.append('stderr', 'err\n')
    output.append('stdout', ' more')
    expect(output.lines.map(line => [line.stream, line.text])).toEqual([['stdout', 'out'], ['stderr', 'err'], ['stdout', ' more']])
  })

  it('counts bytes, not characters', () => {
    const output = createOutput()
    expect(output.append('stdout', 'é✓')).toBe(5)
    expect(output.append('stdout', 'x'.repeat(100_000))).toBe(100_000)
    expect(output.bytes).toBe(100_005)
  })

  it('carries a colour over to the next line until it is reset', () => {
    const output = createOutput()
    output.append('stdout', '\x1B[31mred\nstill\x1B[0m not\nplain')
    const shown = output.lines.map(line => spansOf(line.text, line.style).map(span => [span.text, span.style.fg]))
    expect(shown).toEqual([[['red', '1']], [['still', '1'], [' not', null]], [['plain', null]]])
  })

  it('is the same however the text was cut into pieces', () => {
    const text = 'a\x1B[1;31mb\x1B]0;title\x07c\r\nprog 1\rprog 2\n\x1B[2Kx\x1B]52;c;ZXZpbA==\x1B\\y\u{1F600}\n\x1B[0mend'
    const expected = linesOf(text)
    fc.assert(fc.property(fc.array(fc.nat({ max: 12 }), { maxLength: 30 }), (sizes) => {
      const pieces: string[] = []
      let from = 0
      for (const size of sizes) {
        pieces.push(text.slice(from, from + size))
        from += size
      }
      expect(linesOf(...pieces, text.slice(from))).toEqual(expected)
    }))
  })
})

describe('hostile output', () => {
  it.each([
    ['a title (OSC 0)', '\x1B]0;owned\x07'],
    ['the clipboard (OSC 52)', '\x1B]52;c;ZXZpbA==\x1B\\'],
    ['a hyperlink (OSC 8)', '\x1B]8;;javascript:alert(1)\x07'],
    ['a cleared screen', '\x1B[2J\x1B[H'],
    ['cursor moves', '\x1B[5A\x1B[10C'],
    ['a device string', '\x1BPq#0\x1B\\'],
    ['a reset', '\x1Bc'],
    ['NUL, BEL and DEL', '\0\x07\x7F'],
    ['C1 controls', '\x9B2J'.slice(0, 1)],
  ])('drops %s', (_what, sequence) => {
    expect(linesOf(`a${sequence}b`)).toEqual(['ab'])
  })

  it('does not let a string that never ends swallow the rest', () => {
    const text = linesOf('\x1B]0;', 'x'.repeat(5000), 'seen\n').join('')
    expect(text).toContain('seen')
  })

  it('keeps markup as the text that it is', () => {
    expect(linesOf('<img src=x onerror=alert(1)>')).toEqual(['<img src=x onerror=alert(1)>'])
  })
})
