import { describe, expect, it } from 'vitest'
import { PLAIN, spansOf, styleAfter, withoutStyles } from './ansi.ts'

describe('styles of terminal output', () => {
  it('gives plain text one span', () => {
    expect(spansOf('hello', PLAIN)).toEqual([{ text: 'hello', style: PLAIN }])
    expect(spansOf('', PLAIN)).toEqual([])
  })

  it('reads the sixteen colours, bold and their ends', () => {
    const shown = spansOf('\x1B[1;32mok\x1B[22;39m then \x1B[91mbad\x1B[m', PLAIN).map(({ text, style }) => [text, style.fg, style.bold])
    expect(shown).toEqual([['ok', '2', true], [' then ', null, false], ['bad', '9', false]])
  })

  it('reads 256 colours and true colour, with semicolons and colons', () => {
    expect(styleAfter('\x1B[38;5;196m', PLAIN).fg).toBe('#ff0000')
    expect(styleAfter('\x1B[48;5;244m', PLAIN).bg).toBe('#808080')
    expect(styleAfter('\x1B[38;5;3m', PLAIN).fg).toBe('3')
    expect(styleAfter('\x1B[38;2;1;2;300m', PLAIN).fg).toBe('#0102ff')
  })

  it('makes nothing of colours that do not exist', () => {
    expect(styleAfter('\x1B[38;5;999m', PLAIN).fg).toBeNull()
    expect(styleAfter('\x1B[38m', PLAIN)).toEqual(PLAIN)
    expect(styleAfter('\x1B[38;2m', PLAIN).fg).toBe('#000000')
  })

  it('takes styles out for search and copying', () => {
    expect(withoutStyles('\x1B[1mwarning\x1B[0m: x')).toBe('warning: x')
  })
})
