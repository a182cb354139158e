import { describe, expect, it } from 'vitest'
import { createLog } from './fixtures/log.ts'
import { appendEvents } from './fold.ts'
import { createTerminal, findRows, rowText, terminalText } from './terminal.ts'
import { createTimeline } from './timeline.ts'

function sections() {
  const timeline = createTimeline()
  appendEvents(timeline, createLog().submit().start()
    .command(1, 'set -e\nls').output(1, 'a.ts\n\x1B[31mb.ts\x1B[0m\n').finish(1)
    .command(2, 'true').finish(2)
    .command(3, 'cat A.TS').output(3, 'x')
    .events)
  return timeline.sections
}

describe('the output of several commands as one terminal', () => {
  it('shows each command, its lines and its end; a script by its name', () => {
    const terminal = createTerminal(sections())
    const rows = Array.from({ length: terminal.length }, (_, i) => terminal.row(i))
    expect(rows.map(row => `${row.kind} ${rowText(row)}`.trim())).toEqual([
      'command set',
      'line a.ts',
      'line b.ts',
      'end',
      'command true',
      'end',
      'command cat A.TS',
      'line x',
      'end',
    ])
    expect(terminal.startOf('step-3')).toBe(6)
  })

  it('finds words in any case, also in coloured lines', () => {
    const terminal = createTerminal(sections())
    expect(findRows(terminal, '.ts', 0, terminal.length)).toEqual([1, 2, 6])
    expect(findRows(terminal, 'B.TS', 0, terminal.length)).toEqual([2])
  })

  it('is saved as the text that was written', () => {
    expect(terminalText(sections())).toBe('$ set -e\nls\na.ts\nb.ts\n$ true\n\n$ cat A.TS\nx\n')
    expect(terminalText(sections().slice(0, 1))).toBe('a.ts\nb.ts\n')
  })
})
